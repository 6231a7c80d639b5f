/** Types that the words of every language share. */

/** What the program was started to do. */
export type ProgramCommand = 'chat' | 'send' | 'receive';

/** What carries a connection. */
export type LinkProtocol = 'udp' | 'tcp' | 'tls';
