/** How much an event matters. */
export type Severity = 'info' | 'warning' | 'error'

/** What an event says, whoever gets it. */
export interface EventFacts {
  /** Its name; older clients read it as `eventType`, others as `event_type`. */
  readonly name: string
  readonly id: string
  readonly timestamp: string
  /** `arqonbus` for what the server knows itself, `telemetry` for what a client reported: nobody can pass off the one as the other. */
  readonly source: 'arqonbus' | 'telemetry'
  readonly clientId?: string | undefined
  /** Whom it concerns, where there is more than one tenant. */
  readonly tenant?: string | undefined
  readonly payload: object
  readonly severity: Severity
}

/** An event as it goes over the wire [protocol.md, Telemetry socket]. */
export function eventText({ name, id, timestamp, source, clientId, tenant, payload, severity }: EventFacts): string {
  return JSON.stringify({
    event_type: name,
    eventType: name,
    timestamp,
    event_id: id,
    source,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    metadata: tenant === undefined ? {} : { tenant_id: tenant },
    payload,
    severity
  })
}

/** The first frame of a socket; its shape is that which existing clients know. */
export function welcomeText(timestamp: string, server: { readonly host: string; readonly port: number }): string {
  return JSON.stringify({
    event_type: 'telemetry_connected',
    timestamp,
    message: 'Connected to ArqonBus telemetry',
    server_config: { host: server.host, port: server.port, filtered_events: [] }
  })
}
