/** The English words. Another language is a folder beside this one with the same exports. */
export * from './chat-commands.ts';
export * from './chat-events.ts';
export * from './code-warnings.ts';
export * from './command-line.ts';
export * from './doctor.ts';
export * from './error-details.ts';
export * from './errors.ts';
export * from './questions.ts';
export * from './waiting.ts';
