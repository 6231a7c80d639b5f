/** The first meeting of a conversation, by whichever way. */
import type { Profile } from './attempt.ts';
import { CodeMeeting, type CodeMeetingEvents, type CodeMeetingOptions } from './code-meeting.ts';
import type { Context } from './context.ts';
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
