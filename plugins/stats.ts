import fp from 'fastify-plugin'

export default fp(
  async app => {
    const { config, clock, bus, log } = app
    let lastCount = 0
    const timer = clock.every(config.statsIntervalMs, () => {
      const { clients, rooms, channels, messages } = bus.status()
      const perSecond = Math.round(((messages - lastCount) * 10_000) / config.statsIntervalMs) / 10
      lastCount = messages
      log.info({ clients, rooms, channels, messages, messages_per_second: perSecond }, 'stats')
    })
    app.addHook('onClose', async () => timer.cancel())
  },
  { name: 'stats', fastify: '5.x', dependencies: ['bus'] }
)
