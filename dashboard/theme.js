const KEY = 'arqonbus-theme'
const order = ['auto', 'light', 'dark']

/** Makes a button that goes from the theme of the system to light and to dark. The choice is remembered; everybody is told by `theme`. */
export function startTheme(button) {
  let theme = localStorage.getItem(KEY) ?? 'auto'
  if (!order.includes(theme)) theme = 'auto'
  const apply = () => {
    document.documentElement.dataset.theme = theme
    button.textContent = `Theme: ${theme}`
    dispatchEvent(new Event('theme'))
  }
  button.addEventListener('click', () => {
    theme = order[(order.indexOf(theme) + 1) % order.length]
    localStorage.setItem(KEY, theme)
    apply()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply)
  apply()
}
