/** The limits that both ends of a wire must agree on. Sizes are in bytes, times in ms. */

/** The versions of the peer protocol that this program speaks, ascending. */
export const VERSIONS: readonly number[] = [1];
/** The version of the signalling protocol, sent as `aparte` in the Socket.IO `auth` payload. */
export const SIGNALING_VERSION = 1;

/** The default port of the rendezvous server. */
export const DEFAULT_PORT = 7470;

/** Longest frame that the server forwards. The longest flight is a padded PROOF with an offer of {@link MAX_SDP}. */
export const MAX_HANDSHAKE_FRAME = 16_384;
/** Longest card: `lv(versions, nonce)` with at most 16 versions. */
export const MAX_CARD = 64;
/** Longest nameplate, in characters: `[a-z0-9]{1,32}`. */
export const MAX_NAMEPLATE = 32;
/** Longest secret after normalising, in characters. */
export const MAX_SECRET = 128;
/** Longest id that a server gives a member, in characters. */
export const MAX_MEMBER_ID = 16;
/** Most members of one room, even if its first member asks for more. */
export const MAX_MEMBERS = 50;
/** Most TURN servers that a rendezvous server may offer, and most URIs of each. */
export const MAX_TURN_OFFERS = 4;
export const MAX_TURN_URLS = 4;

/** Longest name that others are shown, in UTF-8 bytes. */
export const MAX_NAME = 64;
/** Most earlier names kept of a known peer. The first ones are kept, so that new names cannot push them out. */
export const MAX_EARLIER_NAMES = 8;
/** Longest session description. */
export const MAX_SDP = 6_000;
/** Longest list of capabilities in a proof. */
export const MAX_CAPABILITIES = 256;
/** Most ICE candidates taken from one peer. */
export const MAX_CANDIDATES = 32;
/** Most candidates in a short description, as in an invite or answer of manual pairing. */
export const MAX_SHORT_CANDIDATES = 8;
/** Longest invite or answer of manual pairing, and longest paste that is searched for one, in characters. */
export const MAX_BLOB = 1_024;
export const MAX_PASTE = 65_536;
/** Life of an invite of manual pairing. */
export const INVITE_LIFE = 600_000;
/** Most SIG frames in each direction. */
export const MAX_SIGNALS = 64;

/** Longest message, in UTF-8 bytes. */
export const MAX_TEXT = 65_536;
/** Bounds of a frame on the data channel. Its length is a power of two. */
export const MIN_CHANNEL_FRAME = 128;
export const MAX_CHANNEL_FRAME = 16_384;

/** Life of the tickets for reconnecting, from the loss of the path: 24 h. */
export const TICKET_LIFE = 86_400_000;
/** Longest silence in each flight of the handshake. */
export const FLIGHT_TIMEOUT = 10_000;
