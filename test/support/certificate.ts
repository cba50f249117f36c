import { readFileSync } from 'node:fs'

/** A file that a process can be told to trust, by `NODE_EXTRA_CA_CERTS`. */
export const certificateFile = new URL('../fixtures/webhook-sink-certificate.pem', import.meta.url)

/**
 * A certificate that vouches for itself, made for the tests alone and trusted by nobody:
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj "/CN=webhook sink of the
 * tests" -addext subjectAltName=DNS:localhost,DNS:sink.test,IP:127.0.0.1,IP:::1`.
 */
export function readCertificate(): { cert: Buffer; key: Buffer } {
  const key = new URL('../fixtures/webhook-sink-key.pem', import.meta.url)
  return { cert: readFileSync(certificateFile), key: readFileSync(key) }
}
