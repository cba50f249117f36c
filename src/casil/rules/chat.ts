import { isMixed, isVaried } from './randomness.ts'
import { type DocumentedRule, edge, spell, withoutEdge } from './rule.ts'
import { isEncodedSnowflake } from './structure.ts'

/** Tokens and webhooks of chat services. */
export const chatRules: readonly DocumentedRule[] = [
  {
    name: 'slack-token',
    source: String.raw`(?:xoxe\.)?xox[abeoprs]-[0-9][0-9A-Za-z-]{14,}`,
    description: 'Bot, user, workspace, refresh or session token of Slack',
    reference: 'Slack API, token types',
    example: spell('xo', 'xb-', '123456789012-1234567890123-', 'NotARealTokenButWellFor'),
    counterExample: 'xoxb-not-a-real-token-this-will-not-work',
    check: isVaried
  },
  {
    name: 'slack-app-token',
    source: String.raw`xapp-[0-9]-A[0-9A-Z]{8,}-[0-9]{8,}-[0-9a-f]{40,}\b`,
    description: 'App-level token of Slack',
    reference: 'Slack API, app-level tokens',
    example: spell('xa', 'pp-1-', 'A0123456789-1234567890123-', '0123456789abcdef'.repeat(4)),
    counterExample: 'xapp-1-A0123456789-short',
    check: isVaried
  },
  {
    name: 'slack-webhook-url',
    source: String.raw`hooks\.slack\.com/(?:services|workflows|triggers)/[0-9A-Z]{8,}/[0-9A-Z]{8,}/[0-9A-Za-z/]{20,}`,
    description: 'Incoming webhook or workflow trigger of Slack',
    reference: 'Slack API, sending messages using incoming webhooks',
    example: spell('https://hooks.slack', '.com/services/', 'T01234567/B01234567/', 'NotARealWebhook012345678'),
    counterExample: 'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
    check: isVaried
  },
  {
    name: 'discord-bot-token',
    source: String.raw`${edge}(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){5,6}[MNO]?[DTjzAQgw]?[AEIMQUYcgk]?\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,38}`,
    description: 'Token of a Discord bot',
    reference: 'Discord Developer Documentation, reference, authentication',
    example: spell('MDEyMzQ1Njc4OTAx', 'MjM0NTY3', '.NotARe.', 'NotARealTokenButWellFormed0123456789'),
    counterExample: 'NotAnAccountNumberAtAll0.NotARe.NotARealTokenButWellFormed0123456789',
    check: match => isEncodedSnowflake(withoutEdge(match).split('.')[0] ?? '')
  },
  {
    name: 'discord-webhook-url',
    source: String.raw`discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{17,20}/[0-9A-Za-z_-]{60,}`,
    description: 'Webhook of a Discord channel',
    reference: 'Discord Developer Documentation, webhook resource',
    example: spell(
      'https://discord',
      '.com/api/web',
      'hooks/012345678901234567/',
      'NotARealWebhook_0123456789-abcdefghijklmnopqrstuvwxyz0123456789ABCDEF'
    ),
    counterExample: 'https://discord.com/api/webhooks/012345678901234567',
    check: isVaried
  },
  {
    name: 'telegram-bot-token',
    source: `(?:${edge}|bot)[0-9]{8,10}(?::|%3[Aa])AA[0-9A-Za-z_-]{33}`,
    description: 'Token of a Telegram bot',
    reference: 'Telegram Bot API, authorizing your bot',
    example: spell('0123456789', ':A', 'A', 'NotARealTokenButWellFormed0123456'),
    counterExample: '0123456789:AAshort',
    check: match => isMixed(match.slice(-35))
  },
  {
    name: 'teams-webhook-url',
    source: String.raw`webhook\.office\.com/webhookb2/[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36}`,
    description: 'Incoming webhook of a Microsoft Teams channel',
    reference: 'Microsoft Teams, create incoming webhooks',
    example: spell(
      'https://example.webhook',
      '.office.com/webhookb2/',
      '01234567-89ab-4cde-8f01-23456789abcd@01234567-89ab-4cde-8f01-23456789abcd/Incoming',
      'Webhook/0123456789abcdef0123456789abcdef/01234567-89ab-4cde-8f01-23456789abcd'
    ),
    counterExample: 'https://example.webhook.office.com/webhookb2/',
    check: isVaried
  }
]
