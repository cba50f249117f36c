import { chatRules } from './chat.ts'
import { cloudRules } from './cloud.ts'
import { forgeRules } from './forge.ts'
import { keyRules } from './key.ts'
import { modelRules } from './model.ts'
import { paymentRules } from './payment.ts'
import { platformRules } from './platform.ts'
import { registryRules } from './registry.ts'
import type { DocumentedRule } from './rule.ts'
import { serviceRules } from './service.ts'

export type { DocumentedRule } from './rule.ts'

/** The built-in table of documented credential formats; `SECRET_RULES=true` switches it on beside the patterns. */
export const secretRules: readonly DocumentedRule[] = [
  ...keyRules,
  ...cloudRules,
  ...platformRules,
  ...forgeRules,
  ...chatRules,
  ...paymentRules,
  ...modelRules,
  ...registryRules,
  ...serviceRules
]
