import fp from 'fastify-plugin'

export default fp(
  async app => {
    const { config, clock, bus, events, log } = app
    let lastCount = 0
    const timer = clock.every(config.statsIntervalMs, () => {
      const { clients, rooms, channels, messages, uptimeSeconds } = bus.status()
      const perSecond = Math.round(((messages - lastCount) * 10_000) / config.statsIntervalMs) / 10
      lastCount = messages
      const stats = { clients, rooms, channels, messages, messages_per_second: perSecond }
      log.info(stats, 'stats')
      const payload = { ...stats, uptime_seconds: uptimeSeconds }
      events.emit({ type: 'stats', severity: 'info', tenant: undefined, payload })
    })
    app.addHook('onClose', async () => timer.cancel())
  },
  { name: 'stats', fastify: '5.x', dependencies: ['bus', 'casil'] }
)
