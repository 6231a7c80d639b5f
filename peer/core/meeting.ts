/** The first meeting of a conversation, by whichever way. */
import { AparteError } from '../../shared/errors.ts';
import type { Profile } from './attempt.ts';
import { CodeMeeting, type CodeMeetingEvents, type CodeMeetingOptions } from './code-meeting.ts';
import { type Context, tellError } from './context.ts';
import { ManualMeeting, type ManualOptions } from './manual-meeting.ts';

/** A meeting under a code, or by hand. */
export type Meeting = CodeMeeting | ManualMeeting;

/** Begins a meeting: by hand where there are options for that. */
export function openMeeting(
  context: Context,
  options: CodeMeetingOptions & { readonly profile: Profile; readonly manual?: ManualOptions },
  events: CodeMeetingEvents,
): Meeting {
  const { manual, profile } = options;
  if (manual === undefined) return new CodeMeeting(context, options, events);
  return new ManualMeeting(context, manual, () => profile, events);
}

/** Takes what the user says answers our invite, or tells him that none waits for an answer. `byHand`: one ever did. */
export function takeAnswer(context: Context, meeting: Meeting | null, pasted: string, byHand: boolean): void {
  if (meeting instanceof ManualMeeting) return meeting.take(pasted);
  const error = byHand ? new AparteError('invite-answered') : new AparteError('bad-command', 'no invite was made');
  tellError(context, error, false);
}
