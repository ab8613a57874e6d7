/** A rule of retention that is being chosen, and what has to be asked before it is set. */
import type { RetentionPreview, RetentionPreviewed, RetentionRule } from '../../../api/retention';
import { readWholeNumber } from '../../../lib/settings/lines';
import { keepsShorter, type KeptRule, MAX_DAYS } from '../../../lib/settings/retention';

/** What a rule is set for, and what is there now. */
export interface RuleSubject {
  /** Undefined: the organization. */
  projectId: string | undefined;
  /** What is typed where much would go. */
  name: string;
  rule: KeptRule;
  inForce: KeptRule;
  /** What counts where nothing is set. */
  inherited: KeptRule;
  /** Whom that is of, as in "the organization". */
  from: string;
}

export interface RuleDraft {
  keep: KeptRule['keep'];
  days: string;
}

export function draftOf({ rule }: RuleSubject): RuleDraft {
  return { keep: rule.keep, days: rule.days === null ? '' : String(rule.days) };
}

/** The rule; undefined while its days are no number. */
export function ruleOf({ keep, days }: RuleDraft): (RetentionRule & KeptRule) | undefined {
  if (keep !== 'days') return { keep, days: null };
  const number = readWholeNumber(days, 1, MAX_DAYS);
  return number === undefined ? undefined : { keep, days: number };
}

/** What a dry run is asked: the rule, in the place of the one that is set. */
export function supposedOf({ projectId }: RuleSubject, rule: RetentionRule): RetentionPreviewed {
  return projectId === undefined ? { rule } : { projects: [{ project_id: projectId, ...rule }] };
}

/** How many events of the subject would go; undefined where the dry run does not tell. */
export function goingOf(preview: RetentionPreview, { projectId }: RuleSubject): number | undefined {
  if (projectId === undefined) return preview.total.events;
  return preview.projects.find((project) => project.project_id === projectId)?.events;
}

/**
 * Whether the name has to be typed before the rule is set: where events would go, and where nobody knows whether
 * some would, since the dry run was not made.
 */
export function mustBeTyped(
  subject: RuleSubject,
  rule: KeptRule,
  preview: RetentionPreview | undefined,
): boolean {
  const isShorter = keepsShorter(rule, subject.inForce, subject.inherited);
  if (preview === undefined) return isShorter;
  const going = goingOf(preview, subject);
  return going === undefined ? isShorter : going > 0;
}
