import { isObject } from '../../client/frames.ts'
import { PROTOCOL_VERSION, VERSION } from '../../version.ts'
import { askServer } from '../request.ts'
import { type Finding, fail, ok, type Patient, sentenceOf, warn } from './finding.ts'

/** Whether the server answers over HTTP, which version it is, and whether it may get traffic. */
export async function checkHttp({ http, terminal }: Patient): Promise<Finding[]> {
  const client = ok('client', `arqon ${VERSION} on Node.js ${process.versions.node}`)
  try {
    const version = await askServer(terminal, http, { path: 'version' })
    const findings = [client, judgeVersion(isObject(version) ? version : {})]
    return [...findings, await checkReady({ http, terminal })]
  } catch (error) {
    const advice = 'the port for operators is named by --http-url, or it may be closed on purpose'
    return [client, fail('http', sentenceOf(error), advice)]
  }
}

function judgeVersion({ protocol, version }: { readonly protocol?: unknown; readonly version?: unknown }): Finding {
  const text = `server ${version}, protocol ${protocol}`
  if (protocol !== PROTOCOL_VERSION)
    return fail('http', text, `this program speaks protocol ${PROTOCOL_VERSION}: use the one of the server`)
  if (version !== VERSION) return warn('http', text, `this program is ${VERSION}; newer commands may be missing`)
  return ok('http', text)
}

async function checkReady({ http, terminal }: Pick<Patient, 'http' | 'terminal'>): Promise<Finding> {
  try {
    await askServer(terminal, http, { path: 'ready' })
    return ok('ready', 'the server takes traffic')
  } catch (error) {
    return fail(
      'ready',
      sentenceOf(error),
      'it drains, is over pressure, or its engine is down: `arqon status` shows more'
    )
  }
}
