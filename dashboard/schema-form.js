import { h } from './dom.js'

/**
 * A form for the arguments of a command, made from their schema. `values()` reads them: what is left empty is left out.
 * @param given values to begin with
 */
export function schemaForm(schema, given = {}) {
  const required = new Set(schema.required ?? [])
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) =>
    makeField(name, property, required.has(name), given[name])
  )
  const element = h('div', { class: 'fields' }, ...fields.map(field => field.element))
  if (fields.length === 0) element.append(h('p', { class: 'hint' }, 'This takes no arguments.'))
  return {
    element,
    /** @throws {SyntaxError} for JSON that is none */
    values() {
      const entries = fields.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined)
      return Object.fromEntries(entries)
    }
  }
}

function makeField(name, property, isRequired, value) {
  const { control, read } = controlOf(name, property, isRequired, value)
  const words = property.description ?? (property.expected === undefined ? '' : `It must be ${property.expected}.`)
  const hint = words === '' ? [] : [h('span', { class: 'hint', id: `hint-${name}` }, ...marked(words))]
  if (hint.length > 0) control.setAttribute('aria-describedby', `hint-${name}`)
  const label = h('span', {}, name, isRequired && h('b', { title: 'required' }, ' *'))
  return { name, read, element: h('label', { class: 'field' }, label, control, ...hint) }
}

/** Words of the documentation, where what stands between backticks is code. */
function marked(words) {
  return words.split('`').map((part, index) => (index % 2 === 1 ? h('code', {}, part) : part))
}

function controlOf(name, property, isRequired, value) {
  const choices = property.enum ?? property.anyOf?.map(each => each.const).filter(each => each !== undefined)
  if (property.type === 'boolean') return chooser(name, ['true', 'false'], value, text => text === 'true')
  if (choices?.length > 0) return chooser(name, choices, value, text => text)
  const kind = kindOf(property)
  if (kind === 'json') return jsonField(name, isRequired, value, property)
  const input = h('input', {
    name,
    required: isRequired,
    autocomplete: 'off',
    spellcheck: false,
    inputMode: kind === 'number' ? 'decimal' : 'text',
    value: value === undefined ? '' : String(value),
    placeholder: property.default === undefined ? '' : String(property.default)
  })
  return { control: input, read: () => readText(input.value, kind) }
}

function kindOf({ type, anyOf, not }) {
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'object' || type === 'array' || (type === undefined && anyOf === undefined) || not !== undefined)
    return 'json'
  return 'text'
}

function readText(text, kind) {
  if (text === '') return undefined
  const number = Number(text)
  return kind === 'number' && Number.isFinite(number) ? number : text
}

function chooser(name, choices, value, parse) {
  const select = h(
    'select',
    { name },
    h('option', { value: '' }, '–'),
    ...choices.map(choice => h('option', { value: String(choice) }, String(choice)))
  )
  select.value = value === undefined ? '' : String(value)
  return { control: select, read: () => (select.value === '' ? undefined : parse(select.value)) }
}

function jsonField(name, isRequired, value, { type }) {
  const begin = value === undefined ? (isRequired && type === 'object' ? {} : undefined) : value
  const area = h('textarea', {
    name,
    rows: 4,
    spellcheck: false,
    required: isRequired,
    value: begin === undefined ? '' : JSON.stringify(begin, null, 2)
  })
  const read = () => {
    if (area.value.trim() === '') return undefined
    try {
      return JSON.parse(area.value)
    } catch (error) {
      throw new SyntaxError(`${name} is not JSON: ${error.message}`)
    }
  }
  return { control: area, read }
}
