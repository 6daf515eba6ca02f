// What the consoles and the daemon say to each other: the JSON of `/api/v1` and the frames of `/api/v1/live`.
// Times are integers, microseconds since 1970-01-01 UTC. Used by `tsc --checkJs` only; browsers never load it.

export type Channel = 'email' | 'chat' | 'form' | 'phone' | 'sms' | 'counter';
export type Urgency = 'emergency' | 'urgent' | 'soon' | 'normal' | 'low';
export type Stage = 'waiting' | 'offered' | 'active' | 'parked' | 'wrap_up' | 'closed';
export type AwayReason = 'break' | 'lunch' | 'training' | 'meeting' | 'missed' | 'disconnected';
export type Disposition =
  | 'informed' | 'requested' | 'reported' | 'referred' | 'transferred' | 'deflected' | 'no_contact' | 'abandoned' | 'spam';
export type DeclineReason = 'not_mine' | 'wrong_language' | 'conflict_of_interest' | 'unsafe' | 'busy';

export interface Presence { presence: 'available' | 'away' | 'offline'; reason?: AwayReason }
export interface Me {
  id: number; name: string; display: string; role: 'rep' | 'supervisor' | 'admin' | 'auditor';
  presence: Presence; load: number; capacity: number;
}
/** `confidence` is in percent. */
export interface Language { code: string; source: 'person' | 'rep' | 'caller' | 'detected' | 'default'; confidence: number }
export interface Reason { sentence: string; rule?: number | string | null; waited_secs: number; could_serve: number; chosen: string }
export interface OfferedContact {
  id: number; reference: string; channel: Channel; language: Language; urgency: Urgency; subject: string;
  service: string | null; service_name?: string | null; communication_preference?: string | null;
}
export interface Offer { id: number; contact: OfferedContact; reason: Reason; expires_at: number | null }
export interface Attachment { digest: string; name: string; media_type: string; bytes: number }
export interface Author { by: 'customer' | 'rep' | 'note' | 'automatic' | 'memo'; rep?: number }
export type Trust = 'authentic' | 'unknown' | 'doubtful';
export interface Envelope {
  id: number; from: string | null; other_sender: boolean; trust: Trust; subject: string; folded: boolean; html: boolean; why?: string;
  released?: Seen; also_to?: string[]; also_left_out?: number;
  may_belong?: { id: number; reference: string };
}
export type DeliveryState = 'waiting' | 'sending' | 'sent' | 'failed' | 'unknown';
/** `at`: taken over by the relay, or given up. */
export interface Sending { state: DeliveryState; said?: string; to?: string; at?: number; returned_at?: number }
/** A mail to the person that carries no message; `languages`: those it is written in, none where that is not known for sure. */
export interface Letter extends Sending { id: number; kind: 'acknowledgement' | 'notice' | 'transcript'; languages: string[]; made_at: number }
/** One of the staff had it before their eyes, for the first time. */
export interface Seen { rep: number; display: string; at: number }
export interface Message {
  seq: number; at: number; from: Author; text: string; attachments?: Attachment[]; client_id?: string; mail?: Envelope; delivery?: Sending;
  seen?: Seen[];
}
export interface Party { name?: string | null; email?: string | null; phone?: string | null }
export interface Contact {
  id: number; reference: string; channel: Channel; service: string | null; service_name: string | null; language: Language;
  urgency: Urgency; subject: string; queue: string | null; stage: Stage; rep: number | null; since: number; until: number | null;
  party: Party; fields: Record<string, string>; doubtful: boolean; opened_at: number; customer_away: boolean; alarm: boolean; mailed_to?: string;
  follows?: { id: number; reference: string };
  customer_read: number | null; disposition: Disposition | null; reason: Reason | null; messages?: Message[]; letters?: Letter[]; has_earlier?: boolean;
}
export interface Service { code: string; topic: string; names: Record<string, string>; script: string }
export interface Rep {
  rep: number; name: string; display: string; presence: Presence | Presence['presence']; connected: boolean; languages: string[];
  load: number; capacity: number;
}

export interface WaitingCell { channel: Channel; language: string; urgency: Urgency; queue: string; count: number; oldest: number }
export interface WaitingContact { contact: number; channel: Channel; language: string; urgency: Urgency; queue: string; since: number; offered?: { rep: number; until: number } }
export interface RepCard {
  rep: number; name: string; display?: string; presence: Presence['presence']; reason?: AwayReason; connected: boolean;
  load: number; capacity: number; offers: number; active: number; parked: number; wrapping_up: number; emergencies: number; idle_since: number | null;
}
export interface Board {
  at: number; waiting: WaitingCell[]; reps: RepCard[]; unacknowledged: number[]; next: WaitingContact[]; opened: number; closed: number;
  held: Tally; troubled: Tally; adapters: Adapter[];
}
/** Another mark: other things on the list. */
export interface Tally { count: number; mark: number }
export interface Adapter {
  name: string; state: 'down' | 'degraded' | 'starting' | 'untried' | 'up' | 'stopped'; why: string | null; since: number | null; oldest: number | null;
  last_success: number | null; backlog: number;
}

export interface Held {
  id: number; from: string | null; subject: string; mailbox: string; arrived: number; size: number; why: string; trust: Trust; original: boolean;
}
export interface HeldMail extends Held {
  headers: { name: string; value: string }[]; text: string; folded: string; html: boolean;
  files: { name: string; media_type: string; bytes: number }[]; problem: string | null;
}
export interface Troubled {
  id: number; contact: number; reference: string; subject: string; party: Party; closed: boolean;
  kind: 'reply' | 'acknowledgement' | 'notice' | 'transcript'; to: string; state: 'failed' | 'unknown'; made_at: number; said: string | null;
}

export type Lack =
  | { lack: 'channel'; channel: Channel }
  | { lack: 'language'; language: string; mode: 'speak' | 'write' }
  | { lack: 'skill'; skill: string; wanted: number; has: number };
export type Obstacle =
  | { obstacle: 'offline' }
  | { obstacle: 'away'; reason: AwayReason }
  | { obstacle: 'full'; load: number; weight: number; capacity: number }
  | { obstacle: 'channel_full'; channel: Channel; most: number }
  | { obstacle: 'declined'; until: number }
  | { obstacle: 'handed_over'; until: number }
  | { obstacle: 'kept_for_other'; rep: number; until: number };
export interface RepAnswer {
  rep: number; name: string; display?: string; could_take: boolean; lacks: Lack[]; obstacles: Obstacle[];
}
export interface Explanation {
  contact: number; stage: Stage; queue: string; urgency: Urgency; need: { language: string; skills: { skill: string; level: number }[] }; since: number; ahead: number | null;
  forecast: { p50: number; p90: number } | null; reps: RepAnswer[]; owner: number | null; sentences: string[];
  /** Who is asked to take it now. */
  asked: number[];
  /** How long it would wait for a rep whom it is handed to, in microseconds. */
  kept_for_named: number;
}

export type Frame =
  | { type: 'snapshot'; seq: number; at?: number; me: Me; offers: Offer[]; contacts: Contact[]; board?: Board }
  | { type: 'offer'; seq: number; offer: Offer }
  | { type: 'offer_gone'; seq: number; offer_id: number; contact_id: number; why: string }
  | { type: 'contact'; seq: number; contact: Contact }
  | { type: 'contact_gone'; seq: number; contact_id: number; why: string }
  | { type: 'message'; seq: number; contact_id: number; message: Message }
  | { type: 'read'; seq: number; contact_id: number; read?: number }
  | ({ type: 'seen'; seq: number; contact_id: number; first: number; last: number } & Seen)
  | ({ type: 'delivery'; seq: number; contact_id: number; message: number } & Sending)
  | { type: 'letter'; seq: number; contact_id: number; letter: Letter }
  | { type: 'typing'; seq?: number; contact_id: number; on: boolean }
  | { type: 'presence'; seq: number; me: Me }
  | { type: 'emergency'; seq: number; contact: OfferedContact; rung?: 'supervisors' | 'on_call' }
  | { type: 'board'; seq: number; board: Board }
  | { type: 'hb'; seq?: number; at?: number }
  | { type: 'bye'; seq?: number; retry_ms: number };

/** The body of every error answer (RFC 9457). */
export interface ProblemBody { type?: string; title?: string; status?: number; detail?: string; field?: string; request_id?: string }
