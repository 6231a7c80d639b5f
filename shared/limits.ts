/** Every limit that both ends of a wire must agree on. Sizes in bytes, times in ms. */

/** Versions of the peer protocol this program speaks, ascending. */
export const VERSIONS: readonly number[] = [1];
/** Version of the signalling protocol, sent in the Socket.IO `auth` payload as `aparte`. */
export const SIGNALING_VERSION = 1;

/** Where the rendezvous server listens unless told otherwise. */
export const DEFAULT_PORT = 7470;

/** A frame forwarded by the server: the longest flight is PROOF with an offer of {@link MAX_SDP} padded. */
export const MAX_HANDSHAKE_FRAME = 16_384;
/** A card: `lv(versions, nonce)` with at most 16 versions. */
export const MAX_CARD = 64;
/** Nameplate: `[a-z0-9]{1,32}`. */
export const MAX_NAMEPLATE = 32;
/** Characters of a secret after normalising. */
export const MAX_SECRET = 128;
/** Characters of the id that a server gives a member. */
export const MAX_MEMBER_ID = 16;
/** Members of one room, at most, whatever the first asks for. */
export const MAX_MEMBERS = 50;
/** TURN servers a rendezvous may offer, and URIs of each. */
export const MAX_TURN_OFFERS = 4;
export const MAX_TURN_URLS = 4;

/** UTF-8 bytes of a name shown to others. */
export const MAX_NAME = 64;
/** Earlier names kept of a known peer, at most: its first ones, so that none can be pushed out by others. */
export const MAX_EARLIER_NAMES = 8;
/** Bytes of a session description. */
export const MAX_SDP = 6_000;
/** Bytes of the capabilities in a proof. */
export const MAX_CAPABILITIES = 256;
/** ICE candidates taken from one peer. */
export const MAX_CANDIDATES = 32;
/** Candidates in the short form of a description, as it stands in an invite or answer of manual pairing. */
export const MAX_SHORT_CANDIDATES = 8;
/** Characters of an invite or answer of manual pairing, and of a paste in which one is looked for. */
export const MAX_BLOB = 1_024;
export const MAX_PASTE = 65_536;
/** How long an invite may be answered. */
export const INVITE_LIFE = 600_000;
/** SIG frames per direction. */
export const MAX_SIGNALS = 64;

/** UTF-8 bytes of one message. */
export const MAX_TEXT = 65_536;
/** A frame on the data channel has a power of two of bytes, between these. */
export const MIN_CHANNEL_FRAME = 128;
export const MAX_CHANNEL_FRAME = 16_384;

/** How long after the path was lost tickets to come back with are good: 24 h. */
export const TICKET_LIFE = 86_400_000;
/** Silence allowed in each flight of the handshake. */
export const FLIGHT_TIMEOUT = 10_000;
