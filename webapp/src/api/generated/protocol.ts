// Generated from the crate `protocol` by `make generate`.

export type Timestamp = number;

export type PersonId = string;

export type SessionId = string;

export type MediaSessionId = string;

export type Slug = string;

export type DeviceId = string;

export type Role = "actor" | "spectator" | "stage-manager";

export type Place = "foyer" | "house" | "green-room" | "on-stage";

export type Language = "ru" | "en";

export type ErrorCode = "access_denied" | "taken_over" | "forbidden" | "bad_request" | "too_large" | "rate_limited" | "unsupported_version" | "not_found" | "conflict" | "media_refused" | "unavailable" | "internal";

export type ErrorBody = { 
/**
 * Stable; programs decide by it.
 */
code: ErrorCode, 
/**
 * For the person to read.
 */
text: string, };

export type SessionRequest = { 
/**
 * The secret of a ticket or invite link (the part after `#`).
 */
link: string, 
/**
 * Which browser asks.
 */
device: DeviceId, 
/**
 * The language to answer in.
 */
language: Language, };

export type SessionResponse = { 
/**
 * For the WebSocket, WHIP and WHEP.
 */
token: string, 
/**
 * When the token stops admitting; renew it over the WebSocket before.
 */
expires_at: Timestamp, 
/**
 * What the person may do.
 */
role: Role, 
/**
 * The person's name, as others see it.
 */
name: string, 
/**
 * What is played.
 */
performance: PerformanceView, 
/**
 * Relays, for `RTCPeerConnection`; what admits to them is this person's and expires.
 */
ice_servers: Array<IceServer>, 
/**
 * The codec in which pictures are sent, where the browser has it.
 */
video: VideoCodec, };

export type IceServer = { 
/**
 * `turn:` and `stun:` addresses.
 */
urls: Array<string>, 
/**
 * Time-limited user name.
 */
username: string, 
/**
 * Its HMAC.
 */
credential: string, };

export type PerformanceView = { 
/**
 * The name in addresses.
 */
slug: Slug, 
/**
 * The play's title.
 */
title: string, 
/**
 * A few sentences about it.
 */
description: string, 
/**
 * The poster: a path on this origin, or nothing.
 */
poster: string | null, 
/**
 * When it begins.
 */
starts_at: Timestamp, 
/**
 * The house's time zone (IANA name), in which times are shown.
 */
time_zone: string, 
/**
 * Who plays.
 */
cast: Array<CastMember>, };

export type CastMember = { 
/**
 * The actor's name.
 */
name: string, 
/**
 * The part, or empty.
 */
part: string, };

export type Kind = "audio" | "video";

export type VideoCodec = "vp8" | "h264" | "vp9" | "av1";

export type TrackSet = { 
/**
 * Sound.
 */
audio: boolean, 
/**
 * Picture.
 */
video: boolean, };

export type SlotMids = { 
/**
 * The slot's number.
 */
slot: number, 
/**
 * `a=mid` of its audio section.
 */
audio: string | null, 
/**
 * `a=mid` of its video section.
 */
video: string | null, };

export type SlotSize = { 
/**
 * The slot's number.
 */
slot: number, 
/**
 * The height of the picture in physical pixels; 0: it is not to be seen.
 */
height: number, };

export type Trouble = { "type": "loss", 
/**
 * Of a hundred, before anything is sent again.
 */
percent: number, } | { "type": "delay", 
/**
 * There and back, in milliseconds.
 */
ms: number, } | { "type": "freezes", 
/**
 * Share of the time, of a hundred.
 */
percent: number, } | { "type": "small", 
/**
 * What the link carries, in kbit/s.
 */
kbps: number, } | { "type": "dark", 
/**
 * What the link carries, in kbit/s.
 */
kbps: number, };

export type LinkQuality = { 
/**
 * How it sounds. Absent while no sound flows.
 */
audio: number | null, 
/**
 * How it looks. Absent while no picture flows.
 */
video: number | null, 
/**
 * What is wrong, the worst first; empty when all is well.
 */
troubles: Array<Trouble>, };

export type PersonQuality = { 
/**
 * Whose.
 */
person: PersonId, 
/**
 * From them to the house.
 */
uplink: LinkQuality | null, 
/**
 * From the house to them.
 */
downlink: LinkQuality | null, };

export type ClientEnvelope = { 
/**
 * Always [`VERSION`].
 */
v: number, 
/**
 * Present on requests; the answer repeats it.
 */
id?: number, } & ({ "type": "hello", "body": Hello } | { "type": "ping" } | { "type": "renew" } | { "type": "offer", "body": { 
/**
 * The offer, with all candidates the client cares to name (none are needed).
 */
sdp: string, } } | { "type": "restart_ice", "body": { 
/**
 * Which PeerConnection, as [`MediaAnswer::media_session`] named it.
 */
media_session: MediaSessionId, 
/**
 * The `ice-ufrag` of the page's new offer.
 */
ufrag: string, 
/**
 * Its `ice-pwd`.
 */
pwd: string, } } | { "type": "hangup" } | { "type": "show_slots", "body": { 
/**
 * The whole list, at most [`MAX_SLOT_SIZES`]: a slot that is not named is shown at any
 * size.
 */
slots: Array<SlotSize>, } } | { "type": "report_playback", "body": { 
/**
 * Share of the time for which they stood still, of a hundred.
 */
frozen_percent: number, } } | { "type": "take_stage" } | { "type": "leave_stage" } | { "type": "set_curtain", "body": { 
/**
 * Up: the house sees and hears the stage.
 */
raised: boolean, } } | { "type": "set_mute", "body": { 
/**
 * Whom.
 */
person: PersonId, 
/**
 * What of theirs.
 */
kind: Kind, 
/**
 * Muted, or not.
 */
muted: boolean, } });

export type ClientMessage = { "type": "hello", "body": Hello } | { "type": "ping" } | { "type": "renew" } | { "type": "offer", "body": { 
/**
 * The offer, with all candidates the client cares to name (none are needed).
 */
sdp: string, } } | { "type": "restart_ice", "body": { 
/**
 * Which PeerConnection, as [`MediaAnswer::media_session`] named it.
 */
media_session: MediaSessionId, 
/**
 * The `ice-ufrag` of the page's new offer.
 */
ufrag: string, 
/**
 * Its `ice-pwd`.
 */
pwd: string, } } | { "type": "hangup" } | { "type": "show_slots", "body": { 
/**
 * The whole list, at most [`MAX_SLOT_SIZES`]: a slot that is not named is shown at any
 * size.
 */
slots: Array<SlotSize>, } } | { "type": "report_playback", "body": { 
/**
 * Share of the time for which they stood still, of a hundred.
 */
frozen_percent: number, } } | { "type": "take_stage" } | { "type": "leave_stage" } | { "type": "set_curtain", "body": { 
/**
 * Up: the house sees and hears the stage.
 */
raised: boolean, } } | { "type": "set_mute", "body": { 
/**
 * Whom.
 */
person: PersonId, 
/**
 * What of theirs.
 */
kind: Kind, 
/**
 * Muted, or not.
 */
muted: boolean, } };

export type Hello = { 
/**
 * A session token.
 */
token: string, 
/**
 * Which browser speaks.
 */
device: DeviceId, 
/**
 * The connection to take up again, and the last `seq` seen on it.
 */
resume?: Resume, };

export type Resume = { 
/**
 * The [`Welcome::stream`] of the lost connection.
 */
stream: SessionId, 
/**
 * The last sequence number seen.
 */
seq: number, };

export type ServerEnvelope = { 
/**
 * Always [`VERSION`].
 */
v: number, 
/**
 * Present on messages that change what the client knows; grows by one.
 */
seq?: number, 
/**
 * The request that this answers.
 */
id?: number, } & ({ "type": "welcome", "body": Welcome } | { "type": "pong" } | { "type": "token", "body": { 
/**
 * For reconnecting, WHIP and WHEP.
 */
token: string, 
/**
 * When it stops admitting.
 */
expires_at: Timestamp, 
/**
 * Relays with fresh credentials, in place of those that the page knows.
 */
ice_servers: Array<IceServer>, } } | { "type": "answer", "body": MediaAnswer } | { "type": "ice_restarted", "body": IceRestart } | { "type": "done" } | { "type": "error", "body": ErrorBody } | { "type": "curtain", "body": { 
/**
 * Up or down.
 */
raised: boolean, } } | { "type": "person", "body": PersonView } | { "type": "person_left", "body": { 
/**
 * Who.
 */
person: PersonId, } } | { "type": "house", "body": { 
/**
 * Spectators with a live connection.
 */
count: number, } } | { "type": "slots", "body": { 
/**
 * The occupied slots.
 */
slots: Array<SlotView>, } } | { "type": "speaking", "body": { 
/**
 * Who speaks, in no order.
 */
people: Array<PersonId>, } } | { "type": "layers", "body": { 
/**
 * Which PeerConnection this is about.
 */
media_session: MediaSessionId, 
/**
 * The layers to send.
 */
wanted: Array<string>, } } | { "type": "quality", "body": { 
/**
 * Those whose it is.
 */
people: Array<PersonQuality>, } } | { "type": "media_closed", "body": { 
/**
 * Which one.
 */
media_session: MediaSessionId, } } | { "type": "taken_over" } | { "type": "revoked" });

export type ServerMessage = { "type": "welcome", "body": Welcome } | { "type": "pong" } | { "type": "token", "body": { 
/**
 * For reconnecting, WHIP and WHEP.
 */
token: string, 
/**
 * When it stops admitting.
 */
expires_at: Timestamp, 
/**
 * Relays with fresh credentials, in place of those that the page knows.
 */
ice_servers: Array<IceServer>, } } | { "type": "answer", "body": MediaAnswer } | { "type": "ice_restarted", "body": IceRestart } | { "type": "done" } | { "type": "error", "body": ErrorBody } | { "type": "curtain", "body": { 
/**
 * Up or down.
 */
raised: boolean, } } | { "type": "person", "body": PersonView } | { "type": "person_left", "body": { 
/**
 * Who.
 */
person: PersonId, } } | { "type": "house", "body": { 
/**
 * Spectators with a live connection.
 */
count: number, } } | { "type": "slots", "body": { 
/**
 * The occupied slots.
 */
slots: Array<SlotView>, } } | { "type": "speaking", "body": { 
/**
 * Who speaks, in no order.
 */
people: Array<PersonId>, } } | { "type": "layers", "body": { 
/**
 * Which PeerConnection this is about.
 */
media_session: MediaSessionId, 
/**
 * The layers to send.
 */
wanted: Array<string>, } } | { "type": "quality", "body": { 
/**
 * Those whose it is.
 */
people: Array<PersonQuality>, } } | { "type": "media_closed", "body": { 
/**
 * Which one.
 */
media_session: MediaSessionId, } } | { "type": "taken_over" } | { "type": "revoked" };

export type Welcome = { 
/**
 * The name of this stream of sequence numbers, for [`Resume`].
 */
stream: SessionId, 
/**
 * True when the lost messages follow; false when `snapshot` starts afresh.
 */
resumed: boolean, 
/**
 * The media session that is still alive from before, if any. None: offer anew.
 */
media_session: MediaSessionId | null, 
/**
 * Everything the client may know; absent when resumed.
 */
snapshot: Snapshot | null, };

export type Snapshot = { 
/**
 * What is played.
 */
performance: PerformanceView, 
/**
 * Who reads this.
 */
me: PersonView, 
/**
 * Whether the curtain is up.
 */
curtain_raised: boolean, 
/**
 * Spectators with a live connection.
 */
house: number, 
/**
 * Crew: everybody. Others: the people on stage.
 */
people: Array<PersonView>, 
/**
 * Who is in which slot.
 */
slots: Array<SlotView>, };

export type PersonView = { 
/**
 * Who.
 */
id: PersonId, 
/**
 * What to call them.
 */
name: string, 
/**
 * What they may do.
 */
role: Role, 
/**
 * Where they are.
 */
place: Place, 
/**
 * Whether they are connected right now.
 */
online: boolean, 
/**
 * What of theirs arrives at the media node.
 */
live: TrackSet, 
/**
 * What of theirs the stage manager has muted.
 */
muted: TrackSet, };

export type MediaAnswer = { 
/**
 * The name of the PeerConnection from now on.
 */
media_session: MediaSessionId, 
/**
 * The SDP answer.
 */
sdp: string, 
/**
 * Which media sections are which slot.
 */
slots: Array<SlotMids>, };

export type IceRestart = { 
/**
 * Which PeerConnection.
 */
media_session: MediaSessionId, 
/**
 * The house's new `ice-ufrag`.
 */
ufrag: string, 
/**
 * Its new `ice-pwd`.
 */
pwd: string, 
/**
 * Where it is reached, as the values of `a=candidate` lines.
 */
candidates: Array<string>, };

export type SlotView = { 
/**
 * The slot's number; a client with fewer slots ignores the rest.
 */
slot: number, 
/**
 * Who is seen and heard in it.
 */
person: PersonId, 
/**
 * RTP timestamp of their first frame (90 kHz, modulo 2^32): the picture before it is the
 * predecessor's. Absent while no frame has come.
 */
video_rtp: number | null, };

export const VERSION = 1;

export const PING_INTERVAL_MS = 5000;

export const SILENCE_LIMIT_MS = 20000;

export const PAIRS = 6;

export const VOICES = 3;
