import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell, withoutEdge } from './rule.ts'

const isMixedToken = (match: string): boolean => isMixed(withoutEdge(match))

/** Keys of services that serve language models and other models. */
export const modelRules: readonly DocumentedRule[] = [
  {
    name: 'openai-api-key',
    source: String.raw`${edge}sk-(?:(?:proj|svcacct|admin)-[0-9A-Za-z_-]{40,}|[0-9A-Za-z]{48}\b)`,
    description: 'API key of OpenAI: project, service account, admin, or of the older form',
    reference: 'OpenAI API reference, authentication',
    example: spell('sk-', 'proj-', 'NotARealKey_0123456789-abcdefghijklmnopqrstuvwxyz'),
    counterExample: 'sk-loading-spinner-with-a-rather-long-class-name-on-it',
    check: isMixedToken
  },
  {
    name: 'anthropic-api-key',
    source: `${edge}sk-ant-[a-z]{3,8}[0-9]{2}-[0-9A-Za-z_-]{40,}`,
    description: 'API key, admin key or OAuth token of Anthropic',
    reference: 'Anthropic API, getting started, authentication',
    example: spell('sk-', 'ant-', 'api03-', 'NotARealKey_0123456789-abcdefghijklmnopqrstuvwxyz'),
    counterExample: 'sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    check: isMixedToken
  },
  {
    name: 'huggingface-token',
    source: String.raw`${edge}(?:hf|api_org)_[0-9A-Za-z]{34}\b`,
    description: 'User or organization token of Hugging Face',
    reference: 'Hugging Face Hub, user access tokens',
    example: spell('h', 'f_', 'NotARealTokenButWellFormedAbcdefgH'),
    counterExample: 'hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    check: match => /[a-z]/.test(match) && /[A-Z]/.test(match) && isVaried(match)
  },
  {
    name: 'replicate-token',
    source: String.raw`${edge}r8_[0-9A-Za-z]{37}\b`,
    description: 'API token of Replicate',
    reference: 'Replicate, HTTP API, authentication',
    example: spell('r', '8_', 'NotARealTokenButWellFormed01234567890'),
    counterExample: 'r8_NotARealToken',
    check: isMixedToken
  },
  {
    name: 'groq-api-key',
    source: String.raw`${edge}gsk_[0-9A-Za-z]{52}\b`,
    description: 'API key of Groq',
    reference: 'GroqCloud, quickstart, API keys',
    example: spell('gs', 'k_', 'NotARealKeyButWellFormed0123456789abcdefghijklmnopqr'),
    counterExample: 'gsk_NotARealKey',
    check: isMixedToken
  },
  {
    name: 'xai-api-key',
    source: String.raw`${edge}xai-[0-9A-Za-z]{80}\b`,
    description: 'API key of xAI',
    reference: 'xAI Docs, API reference, authentication',
    example: spell('xa', 'i-', 'NotARealKeyButWellFormed0123456789abcdef'.repeat(2)),
    counterExample: 'xai-NotARealKey',
    check: isMixedToken
  },
  {
    name: 'perplexity-api-key',
    source: String.raw`${edge}pplx-[0-9A-Za-z]{48}\b`,
    description: 'API key of Perplexity',
    reference: 'Perplexity API, API key management',
    example: spell('pp', 'lx-', 'NotARealKeyButWellFormed0123456789abcdefghijklmn'),
    counterExample: 'pplx-7b-online',
    check: isMixedToken
  },
  {
    name: 'openrouter-api-key',
    source: String.raw`${edge}sk-or-v1-[0-9a-f]{64}\b`,
    description: 'API key of OpenRouter',
    reference: 'OpenRouter, API authentication',
    example: spell('sk-', 'or-v1-', '0123456789abcdef'.repeat(4)),
    counterExample: 'sk-or-v1-0123456789abcdef',
    check: isVaried
  },
  {
    name: 'pinecone-api-key',
    source: 'pcsk_[0-9A-Za-z]{5,6}_[0-9A-Za-z]{56,}',
    description: 'API key of Pinecone, a vector database',
    reference: 'Pinecone Docs, manage API keys',
    example: spell('pc', 'sk_', 'NotAR1_', 'NotARealKeyButWellFormed0123456789abcdefghijklmnopqrstuvw'),
    counterExample: 'pcsk_NotAR1_short',
    check: isMixed
  },
  {
    name: 'langsmith-api-key',
    source: String.raw`lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b`,
    description: 'API key of LangSmith',
    reference: 'LangSmith, create an account and API key',
    example: spell('ls', 'v2_pt_', '0123456789abcdef0123456789abcdef', '_0123456789'),
    counterExample: 'lsv2_pt_0123456789abcdef',
    check: isVaried
  }
]
