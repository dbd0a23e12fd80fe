-- The whole house. Every table belongs to a workspace and starts its key with it, so that tenants can be spread over
-- several databases. What belongs to the installation is named in tests/statements/distribution.rs: accounts and how they sign in,
-- `apps` and `payloads` (one Meta app may speak for several workspaces), `signing_keys`, `assets`.

-- The order of names in lists: digits by their value, whatever their case, and accents only where nothing else differs. Spanish takes `ñ`
-- for a letter of its own, and has nothing else that other languages have not.
CREATE COLLATION names (provider = icu, locale = 'es-u-kn-true');

CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    locale text NOT NULL DEFAULT 'en',
    time_zone text NOT NULL DEFAULT 'UTC',
    -- For how long people keep conversations who are not here.
    lease_minutes integer NOT NULL DEFAULT 2 CHECK (lease_minutes BETWEEN 1 AND 1440),
    -- Within how many whoever holds a conversation answers; empty where they have all the time.
    answer_minutes integer CHECK (answer_minutes BETWEEN 2 AND 1440),
    -- Such as `#0f766e`; and the hash of a logo.
    accent text,
    logo text,
    white_label boolean NOT NULL DEFAULT false,
    -- How people sign in: after how many minutes without a request a session is over, and after how many anyhow; characters of a new
    -- password at least; the roles that are asked for a code too, by their word, or by the id of one of the workspace's own.
    session_idle_minutes integer NOT NULL DEFAULT 20160 CHECK (session_idle_minutes BETWEEN 15 AND 20160),
    session_life_minutes integer NOT NULL DEFAULT 43200 CHECK (session_life_minutes BETWEEN 60 AND 129600),
    least_password integer NOT NULL DEFAULT 12 CHECK (least_password BETWEEN 12 AND 64),
    second_factor_roles text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Pictures by their hashes; one that was set stays, so that a change can be taken back.
CREATE TABLE logos (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    hash text NOT NULL,
    png bytea NOT NULL,
    PRIMARY KEY (workspace_id, hash)
);
-- Whoever asks for a picture knows only its hash.
CREATE INDEX logos_by_hash ON logos (hash);

-- Set-up -------------------------------------------------------------------------------------------------------------

-- What is set up of a workspace is one subject: this row is its lock.
CREATE TABLE setups (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    -- The last line of its journal, and the last one of those that nodes keep the set-up by.
    last_seq bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    -- Nobody needs to be told any more what a workspace begins with.
    is_start_hidden boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- Journals -----------------------------------------------------------------------------------------------------------

-- The journals of conversations, contacts and the set-up: timeline, audit, source of reports, and what a browser asks for after a gap.
-- Each subject counts its own lines, under its own lock. No key leads from here to a subject: each line would lock its row once more.
CREATE TABLE events (
    workspace_id uuid NOT NULL,
    subject_kind text NOT NULL,
    -- Of the set-up, the workspace.
    subject_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    -- What it is to the thread of its conversation: `stands`, `touches`, `around` or `nothing`.
    place text NOT NULL,
    event jsonb NOT NULL,
    PRIMARY KEY (workspace_id, subject_id, seq)
);
-- What became of one thing that is set up. Events of conversations are not in it.
CREATE INDEX events_by_thing ON events (workspace_id, subject_id, (event #>> '{what,id}'), seq) WHERE subject_kind = 'setup';
-- Who came to a team, and who went.
CREATE INDEX events_of_teams ON events (workspace_id, subject_id, seq)
WHERE subject_kind = 'setup' AND kind = 'member_changed' AND event #> '{what,before,teams}' <> event #> '{what,after,teams}';

-- The feed: what one transaction added to journals, a commit, has its place in it together. Apart from `events`, whose rows are long and
-- never written twice. It adds a row here, and whoever numbers it takes it from here to `feed_commits`, with others: this table stays small,
-- and nothing in the other one is ever written again.
CREATE TABLE unnumbered_commits (
    workspace_id uuid NOT NULL,
    -- Taken while its subjects are locked: of two commits of one subject, the later has the higher one. CACHE stays 1: a connection that
    -- kept some for later would come before others with them.
    id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1),
    -- Of each subject the first and last line, in the order of the feed.
    subject_ids uuid[] NOT NULL,
    first_seqs bigint[] NOT NULL,
    last_seqs bigint[] NOT NULL,
    PRIMARY KEY (workspace_id, id)
) WITH (vacuum_truncate = off);
CREATE TABLE feed_commits (
    workspace_id uuid NOT NULL,
    -- Of its last line.
    position bigint NOT NULL,
    subject_ids uuid[] NOT NULL,
    first_seqs bigint[] NOT NULL,
    last_seqs bigint[] NOT NULL,
    PRIMARY KEY (workspace_id, position)
);

-- How far the feed of a workspace has been numbered: this row is its lock. Numbers are given after the commit, under it, so that one who
-- follows them skips nobody who commits late.
CREATE TABLE feeds (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    last_position bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

-- People -------------------------------------------------------------------------------------------------------------

-- Who signs in: one e-mail address and one password, however many workspaces they work in.
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    -- In PHC form; nobody signs in without one.
    password_hash text NOT NULL,
    -- Looks after the whole installation, beside what they are in a workspace.
    is_owner boolean NOT NULL DEFAULT false,
    -- The secret of an authenticator app, sealed (store/sealed.rs): with one, a code is asked for as well. The step of the last code that
    -- was taken: none counts twice.
    totp_secret text,
    totp_step bigint NOT NULL DEFAULT 0,
    -- What their pages look like, wherever they sign in.
    theme text NOT NULL DEFAULT 'system' CHECK (theme IN ('system', 'light', 'dark')),
    density text NOT NULL DEFAULT 'comfortable' CHECK (density IN ('comfortable', 'compact')),
    sounds boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Sign-in: one e-mail address is one account.
CREATE UNIQUE INDEX accounts_by_email ON accounts (lower(email));

-- Addresses at which somebody makes the first account and workspace. Of no use to anybody once there is a workspace.
CREATE TABLE beginnings (
    -- SHA-256 of the secret in the address; the secret itself is kept nowhere.
    secret_hash bytea PRIMARY KEY,
    made_at timestamptz NOT NULL
);

-- Codes to be used once, when the authenticator app is lost; SHA-256 of each.
CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);

-- Links in mails, by which somebody shows that an account or an address is theirs: one of each kind, so that a newer one ends the older.
CREATE TABLE account_links (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    -- `password` or `email`.
    purpose text NOT NULL,
    -- SHA-256 of the secret in the link; the secret itself is kept nowhere.
    token_hash bytea NOT NULL,
    -- The address that it was sent to, if it is to become the account's.
    email text,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, purpose)
);
-- Whose link it is.
CREATE UNIQUE INDEX account_links_by_token ON account_links (token_hash);

-- Roles of a workspace's own, beside those that every workspace has (domain/access.rs).
CREATE TABLE roles (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    -- Words such as `messages:send`; one that this version does not know allows nothing.
    permissions text[] NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('mine', 'mine_and_unassigned', 'own_teams', 'all')),
    PRIMARY KEY (workspace_id, id)
);

-- What an account is in a workspace.
CREATE TABLE users (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin', 'own')),
    role_id uuid,
    locale text NOT NULL DEFAULT 'en',
    -- What they speak with customers: codes of BCP 47.
    languages text[] NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    -- The file of their picture, a JPEG.
    picture uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When they last came here: who signs in comes to where they were last.
    used_at timestamptz,
    -- Of whoever has left: who is given what they hold, if it does not go back to its queues.
    successor_id uuid,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, account_id),
    FOREIGN KEY (workspace_id, successor_id) REFERENCES users,
    FOREIGN KEY (workspace_id, role_id) REFERENCES roles,
    CHECK ((role = 'own') = (role_id IS NOT NULL))
);
-- Sign-in: where an account works.
CREATE INDEX users_by_account ON users (account_id);

-- Those who are asked to work here. A link holds the secret whose SHA-256 is kept.
CREATE TABLE invitations (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    -- Whom it is for, in lower case; without one, whoever has its link.
    email text,
    role text NOT NULL CHECK (role IN ('agent', 'supervisor', 'admin', 'own')),
    role_id uuid,
    capacity integer NOT NULL CHECK (capacity >= 0),
    team_ids uuid[] NOT NULL,
    languages text[] NOT NULL DEFAULT '{}',
    standing text NOT NULL CHECK (standing IN ('open', 'accepted', 'revoked')),
    secret_hash bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The last mail about it.
    mail_id uuid,
    PRIMARY KEY (workspace_id, id)
);
-- Those that may still be accepted.
CREATE INDEX invitations_open ON invitations (workspace_id, id) WHERE standing = 'open';

-- What routing needs to know of a person; apart from `users` because it is written on every assignment.
CREATE TABLE agents (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    availability text NOT NULL DEFAULT 'online' CHECK (availability IN ('online', 'away')),
    -- Since when it is so.
    availability_at timestamptz NOT NULL DEFAULT now(),
    capacity integer NOT NULL DEFAULT 8 CHECK (capacity >= 0),
    load integer NOT NULL DEFAULT 0 CHECK (load >= 0),
    -- When its load was another one last, and when they were given something last.
    idle_since timestamptz NOT NULL DEFAULT now(),
    given_at timestamptz NOT NULL DEFAULT now(),
    -- When they last had a page open, or did something; in no index, as it changes every few seconds.
    here_at timestamptz NOT NULL DEFAULT now(),
    -- Until when a node looks at what they hold who are not here.
    lease_claimed_until timestamptz,
    -- When they signed off, or went away and said what becomes of what they hold: until they are back they count as away.
    signed_off_at timestamptz,
    -- Until when they keep what was theirs then.
    keep_until timestamptz,
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
) WITH (fillfactor = 70);

-- Something that people are good at; a language is one.
CREATE TABLE skills (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    -- Of one that is a language: BCP 47.
    language text,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE agent_skills (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    skill_id uuid NOT NULL,
    -- From 1 to 5.
    level smallint NOT NULL,
    PRIMARY KEY (workspace_id, user_id, skill_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, skill_id) REFERENCES skills ON DELETE CASCADE
);
-- Who has a skill.
CREATE INDEX agent_skills_by_skill ON agent_skills (workspace_id, skill_id, user_id);

-- What people did, by quarters of an hour, for as long as it is shown: a day in any time zone is made of these.
CREATE TABLE agent_tallies (
    workspace_id uuid NOT NULL,
    quarter timestamptz NOT NULL,
    user_id uuid NOT NULL,
    -- Customers who wrote and got their answer. Less than nothing where more was taken back than done.
    answered integer NOT NULL,
    resolved integer NOT NULL,
    PRIMARY KEY (workspace_id, quarter, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
) WITH (fillfactor = 70);
-- Those to forget.
CREATE INDEX agent_tallies_by_quarter ON agent_tallies (quarter);

-- What supervisors did on the floor, to many conversations or to a colleague, for as long as it is shown: what became of each conversation
-- is in its own journal, and what was set up in that of the set-up.
CREATE TABLE floor_acts (
    workspace_id uuid NOT NULL,
    -- Made by the page: a form that comes twice is one act.
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    at timestamptz NOT NULL,
    act jsonb NOT NULL,
    -- What was done to, and the line of each journal that tells of it.
    conversation_ids uuid[] NOT NULL DEFAULT '{}',
    seqs bigint[] NOT NULL DEFAULT '{}',
    -- How many were left where they are, by why; empty while it is under way.
    left_behind jsonb,
    -- When it was taken back, and of how many conversations.
    undone_at timestamptz,
    undone integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
);
-- The latest.
CREATE INDEX floor_acts_by_time ON floor_acts (workspace_id, at DESC);
-- Those to forget.
CREATE INDEX floor_acts_by_age ON floor_acts (at);

CREATE TABLE sessions (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    secret_hash bytea NOT NULL,
    user_agent text NOT NULL DEFAULT '',
    -- The network it was last used from, shortened: `203.0.113.0/24`.
    network text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When it was last used, to some minutes.
    seen_at timestamptz NOT NULL DEFAULT now(),
    -- When its person last proved who they are.
    proven_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
);

-- Ending all sessions of a person.
CREATE INDEX sessions_by_user ON sessions (workspace_id, user_id);

-- Mails to people that wait to be sent, and for a while what became of them. Of the installation: an account is somebody in several
-- workspaces.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    -- Sealed, as `app_secret` is; nothing once it was sent or given up: it may hold a link that lets its reader in.
    sealed text,
    -- When it is tried next; nothing once it was sent or given up.
    due_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    -- When it is of no use any more.
    expires_at timestamptz NOT NULL,
    sent_at timestamptz,
    -- What the mail server said last, when it did not take it.
    failure text,
    created_at timestamptz NOT NULL DEFAULT now()
) WITH (vacuum_truncate = off);
-- Those to send.
CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL;
-- Those to forget.
CREATE INDEX mails_by_expiry ON mails (expires_at);

-- Keys of the short-lived tokens, by `kid`.
CREATE TABLE signing_keys (
    kid text PRIMARY KEY,
    -- Sealed, as `app_secret`, `verify_token` and `access_token` are (store/sealed.rs).
    secret text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The files that pages ask for, of each build that serves or did so lately: any node is asked for any of them.
CREATE TABLE assets (
    version text NOT NULL,
    path text NOT NULL,
    content_type text NOT NULL,
    content bytea NOT NULL,
    served_at timestamptz NOT NULL,
    PRIMARY KEY (version, path)
);

CREATE TABLE teams (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE team_members (
    workspace_id uuid NOT NULL,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, team_id, user_id),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
);
-- The queues a person works for.
CREATE INDEX team_members_by_user ON team_members (workspace_id, user_id);

CREATE TABLE queues (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    team_id uuid NOT NULL,
    hours jsonb NOT NULL,
    promise_minutes integer NOT NULL DEFAULT 10,
    strategy text NOT NULL DEFAULT 'least_busy' CHECK (strategy IN ('least_busy', 'longest_idle', 'round_robin', 'manual')),
    -- What is wanted less of whoever is to have a conversation, once it has waited for so long: `[{"after": 60, "do": "drop_preferred"}]`.
    widening jsonb NOT NULL DEFAULT '[]',
    position integer NOT NULL DEFAULT 0,
    -- What its conversations are measured by, if by anything.
    sla_policy_id uuid,
    -- It is paused or drained, or was until a while ago: `{"kind": "paused", "reason": …, "since": …, "until": …, "by": …}`.
    rest jsonb,
    -- What becomes of those who wait there and are given to nobody: `{"to": …, "after": 300, "when_nobody": true}`.
    overflow jsonb NOT NULL DEFAULT '{}',
    -- It keeps customers with whom they know: `{"days": 30, "seconds": 60}`.
    sticky jsonb,
    -- What whoever waits there is told of their place in line: `{"text": {"en": …}, "every": 10}`.
    announcements jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, key),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams
);
-- Those whose rest may be over.
CREATE INDEX queues_resting ON queues (workspace_id, id) WHERE rest IS NOT NULL;

-- What came to queues and went from them, by quarters of an hour, for as long as it is shown.
CREATE TABLE queue_tallies (
    workspace_id uuid NOT NULL,
    quarter timestamptz NOT NULL,
    queue_id uuid NOT NULL,
    -- A quarter is counted in several rows: who writes at once seldom waits for another.
    part smallint NOT NULL,
    -- Conversations that began to wait, those that wait no longer, and how many of them somebody has.
    came integer NOT NULL,
    gone integer NOT NULL,
    taken integer NOT NULL,
    -- How long the one had waited that waited longest of those that went, in milliseconds.
    longest_ms bigint NOT NULL,
    PRIMARY KEY (workspace_id, quarter, queue_id, part),
    FOREIGN KEY (workspace_id, queue_id) REFERENCES queues ON DELETE CASCADE
) WITH (fillfactor = 70);
-- Those to forget.
CREATE INDEX queue_tallies_by_quarter ON queue_tallies (quarter);

-- Flows --------------------------------------------------------------------------------------------------------------

-- Queues that are gone, and which one has what was of them.
CREATE TABLE removed_queues (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    successor_id uuid NOT NULL,
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE flows (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    published_version integer,
    -- Out of the list: no number uses it. Its versions stay, and so do the sessions that run.
    archived boolean NOT NULL DEFAULT false,
    PRIMARY KEY (workspace_id, id)
);

-- A version is never changed: a running session keeps the one it began with.
CREATE TABLE flow_versions (
    workspace_id uuid NOT NULL,
    flow_id uuid NOT NULL,
    version integer NOT NULL,
    definition jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, flow_id, version),
    FOREIGN KEY (workspace_id, flow_id) REFERENCES flows ON DELETE CASCADE
);

-- What is being written: one for each flow, as it was typed, also while it is no JSON.
CREATE TABLE flow_drafts (
    workspace_id uuid NOT NULL,
    flow_id uuid NOT NULL,
    body text NOT NULL,
    -- Microseconds: a draft that is thrown away and begun anew is another one.
    version bigint NOT NULL,
    author_id uuid NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, flow_id),
    FOREIGN KEY (workspace_id, flow_id) REFERENCES flows ON DELETE CASCADE
) WITH (fillfactor = 70);

-- Meta's side --------------------------------------------------------------------------------------------------------

CREATE TABLE apps (
    app_id text PRIMARY KEY,
    app_secret text NOT NULL,
    verify_token text NOT NULL,
    -- When Meta last asked whether our address is ours, and was answered.
    challenged_at timestamptz
);

-- One connected address on a channel.
CREATE TABLE inboxes (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    channel text NOT NULL,
    flow_id uuid,
    default_queue_id uuid NOT NULL,
    reopen_hours integer NOT NULL DEFAULT 24,
    -- Whether it speaks: `active`, `paused` (what comes in still does), `disconnected`.
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'disconnected')),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, flow_id) REFERENCES flows,
    FOREIGN KEY (workspace_id, default_queue_id) REFERENCES queues
);

-- What Meta knows an inbox by.
CREATE TABLE whatsapp_numbers (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    app_id text NOT NULL REFERENCES apps,
    phone_number_id text NOT NULL,
    waba_id text NOT NULL,
    display_phone_number text NOT NULL,
    -- Empty once it is disconnected: it speaks no more, and another workspace may connect it.
    access_token text NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE
);
-- A number is connected once.
CREATE UNIQUE INDEX whatsapp_numbers_phone_number_id_key ON whatsapp_numbers (phone_number_id) WHERE access_token <> '';
-- The numbers of an account that a notice speaks of.
CREATE INDEX whatsapp_numbers_by_account ON whatsapp_numbers (waba_id) WHERE access_token <> '';

-- Which inbox is meant by what the bodies of a source call it, and the secret it is written from with; `account` is what several belong
-- to. A channel adds its table here.
CREATE VIEW addresses AS
    SELECT workspace_id, inbox_id, 'whatsapp:' || app_id AS source, phone_number_id AS address, waba_id AS account, access_token AS secret
    FROM whatsapp_numbers
    WHERE access_token <> '';

-- What a number may send, a token bucket, spent where messages are claimed; apart from `inboxes` because every claim writes it.
CREATE TABLE allowances (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    rate_per_second integer NOT NULL DEFAULT 80 CHECK (rate_per_second > 0),
    tokens double precision NOT NULL DEFAULT 0,
    refilled_at timestamptz NOT NULL DEFAULT now(),
    -- Nothing is sent until then; the code and words of Meta's that say why, when a person has to act.
    paused_until timestamptz,
    pause_reason jsonb,
    -- What was last refused that concerned the number as a whole.
    last_refusal jsonb,
    refused_at timestamptz,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE
) WITH (fillfactor = 50);

-- When WhatsApp was asked of a number last, what it said when it answered last, and when something came in for it, to the minute.
CREATE TABLE number_facts (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    verified_name text NOT NULL DEFAULT '',
    quality text NOT NULL DEFAULT '',
    messaging_limit text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    asked_at timestamptz,
    looked_at timestamptz,
    heard_at timestamptz,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE
);

-- The last message that tried a number: to a phone of its own people, in no conversation.
CREATE TABLE number_tests (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    id uuid NOT NULL,
    phone text NOT NULL,
    sent_at timestamptz NOT NULL,
    status text NOT NULL,
    refusal jsonb,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE
);

-- Numbers that were disconnected and whose conversations are being resolved: for whom, and behind which of them that goes on.
CREATE TABLE number_endings (
    workspace_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    user_id uuid NOT NULL,
    begun_at timestamptz NOT NULL,
    seen uuid NOT NULL,
    PRIMARY KEY (workspace_id, inbox_id),
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
);

-- A number that somebody has begun to connect.
CREATE TABLE connection_drafts (
    workspace_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- As `access_token` is (store/sealed.rs).
    sealed text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, user_id),
    FOREIGN KEY (workspace_id, user_id) REFERENCES users ON DELETE CASCADE
);

-- Customers ----------------------------------------------------------------------------------------------------------

CREATE TABLE contacts (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL DEFAULT '',
    language text,
    fields jsonb NOT NULL DEFAULT '{}',
    -- The identity they last wrote from: where an answer goes, as long as it is theirs.
    address jsonb,
    -- Since when, by WhatsApp's clock.
    addressed_at timestamptz,
    username text,
    -- The last line of their journal.
    last_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
) WITH (fillfactor = 85);
-- Of how many something is noted in a field. Those of whom nothing is are not in it.
CREATE INDEX contacts_by_field ON contacts USING gin (jsonb_path_query_array(fields, '$.keyvalue().key')) WHERE fields <> '{}';

-- What channels call a person by: on WhatsApp a phone number (digits), a business-scoped user id, or both.
CREATE TABLE contact_identities (
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    contact_id uuid NOT NULL,
    -- `former`: its owner has moved to another number, and whoever writes from it is somebody new. `apart`: a person said that what
    -- it would be joined with is somebody else's.
    standing text NOT NULL DEFAULT 'current' CHECK (standing IN ('current', 'former', 'apart')),
    -- Since when it stands so, by WhatsApp's clock: what is older and comes late says nothing about it.
    since timestamptz NOT NULL DEFAULT '1970-01-01Z',
    -- The contacts it was taken over from, one after the other, when they turned out to be one person.
    joined_from uuid[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (workspace_id, kind, value),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts ON DELETE CASCADE
);
-- Where a message to a contact goes, and what a page shows of them.
CREATE INDEX contact_identities_by_contact ON contact_identities (workspace_id, contact_id);
-- What was taken over from a contact: its answers still under way go there, and it may be given back. Of hardly anybody: the others are
-- not in it, so that meeting people writes nothing here and looking for what was taken over finds next to nothing.
CREATE INDEX contact_identities_joined ON contact_identities USING gin (joined_from) WHERE joined_from <> '{}';

-- Conversations ------------------------------------------------------------------------------------------------------

CREATE TABLE conversations (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    contact_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'snoozed', 'resolved')),
    -- Who may speak: the one column that keeps a flow or a bot from talking over a person.
    controller text NOT NULL CHECK (controller IN ('flow', 'bot', 'queue', 'agent', 'nobody')),
    queue_id uuid,
    -- From 0, low, to 3, urgent: whoever waits in a queue comes before those with a lower one.
    priority smallint NOT NULL DEFAULT 1,
    bot_id uuid,
    agent_id uuid,
    last_agent_id uuid,
    brief jsonb,
    assignment_reason jsonb,
    last_seq bigint NOT NULL DEFAULT 0,
    opened_at timestamptz NOT NULL,
    queued_at timestamptz,
    assigned_at timestamptz,
    -- Since when the customer waits for an answer; empty when the last word is ours.
    waiting_since timestamptz,
    resolved_at timestamptz,
    window_expires_at timestamptz,
    last_message_at timestamptz NOT NULL,
    last_message jsonb,
    -- Tags and fields, if it ever had any.
    details jsonb,
    -- What it wants of whoever has it; and what all that require the same have in common (domain/routing/skills.rs), 0 where nothing is.
    skills jsonb,
    needs bigint NOT NULL DEFAULT 0,
    -- How it waits beside its place in line (domain/overflow.rs), where that is anything.
    wait jsonb,
    -- What it is measured by, where anything is; and of all of it the first that is due, and the first that is told to be.
    clocks jsonb,
    sla_due_at timestamptz,
    sla_soon_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, contact_id) REFERENCES contacts ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, inbox_id) REFERENCES inboxes,
    CHECK ((controller = 'agent') = (agent_id IS NOT NULL)),
    CHECK ((controller = 'bot') = (bot_id IS NOT NULL)),
    CHECK (controller <> 'queue' OR queue_id IS NOT NULL)
) WITH (fillfactor = 70);
-- A contact has one conversation under way in an inbox.
CREATE UNIQUE INDEX conversations_under_way ON conversations (workspace_id, contact_id, inbox_id) WHERE state <> 'resolved';
-- How many have a tag. Those without any are not in it.
CREATE INDEX conversations_by_tag ON conversations USING gin ((details -> 'tags')) WHERE details IS NOT NULL;
-- Of how many something is noted in a field.
CREATE INDEX conversations_by_field ON conversations USING gin (jsonb_path_query_array(details -> 'fields', '$.keyvalue().key'))
    WHERE details IS NOT NULL;
-- A lane finds the latest; a page shows the past ones.
CREATE INDEX conversations_by_contact ON conversations (workspace_id, contact_id, opened_at DESC);
-- The list "all".
CREATE INDEX conversations_by_activity ON conversations (workspace_id, last_message_at DESC, id DESC) WHERE state <> 'resolved';
-- The list "resolved".
CREATE INDEX conversations_resolved ON conversations (workspace_id, last_message_at DESC, id DESC) WHERE state = 'resolved';
-- The list "resolved" of those who see what was of their teams only.
CREATE INDEX conversations_resolved_by_queue ON conversations (workspace_id, queue_id, last_message_at DESC, id DESC)
    WHERE state = 'resolved';
-- What they held last.
CREATE INDEX conversations_resolved_by_last_agent ON conversations (workspace_id, last_agent_id, last_message_at DESC, id DESC)
    WHERE state = 'resolved';
-- The list "mine".
CREATE INDEX conversations_by_agent ON conversations (workspace_id, agent_id, last_message_at DESC, id DESC) WHERE agent_id IS NOT NULL;
-- The list "my queues".
CREATE INDEX conversations_by_queue ON conversations (workspace_id, queue_id, last_message_at DESC, id DESC) WHERE state <> 'resolved';
-- The list "unassigned": who has waited longest.
CREATE INDEX conversations_waiting ON conversations (workspace_id, queue_id, queued_at, id) WHERE controller = 'queue';
-- Routing: of those that require the same, who comes first.
CREATE INDEX conversations_by_needs ON conversations (workspace_id, queue_id, needs, priority DESC, queued_at, id)
    WHERE controller = 'queue';

-- What is late in a queue, or will be.
CREATE INDEX conversations_due ON conversations (workspace_id, queue_id, sla_soon_at) WHERE sla_soon_at IS NOT NULL;

-- No key leads to the conversation: a message is written under its lock, with it, and each would look for it once more.
CREATE TABLE messages (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    seq bigint NOT NULL,
    direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    author_kind text NOT NULL CHECK (author_kind IN ('contact', 'flow', 'bot', 'agent')),
    -- The bot or the agent.
    author_id uuid,
    content jsonb NOT NULL,
    status text NOT NULL CHECK (status IN ('received', 'queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown')),
    failure jsonb,
    wamid text,
    reply_to text,
    at timestamptz NOT NULL,
    raw jsonb,
    -- By WhatsApp's clock.
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    -- When a tick was stored last, by ours: what a page may have missed.
    ticked_at timestamptz,
    PRIMARY KEY (workspace_id, id),
    CHECK ((author_kind IN ('bot', 'agent')) = (author_id IS NOT NULL))
) WITH (fillfactor = 85);
-- The same message is taken in once, however often it is delivered; a status finds its message.
CREATE UNIQUE INDEX messages_by_wamid ON messages (workspace_id, inbox_id, wamid) WHERE wamid IS NOT NULL;
-- The thread.
CREATE INDEX messages_by_conversation ON messages (workspace_id, conversation_id, seq DESC);

CREATE TABLE notes (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    author_id uuid NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);

CREATE TABLE flow_sessions (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    flow_id uuid NOT NULL,
    version integer NOT NULL,
    session jsonb NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
) WITH (fillfactor = 70);

CREATE TABLE media (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    message_id uuid NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'stored', 'failed')),
    whatsapp_id text,
    mime_type text NOT NULL,
    byte_count bigint NOT NULL DEFAULT 0,
    width integer,
    height integer,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);
-- Pictures still to be fetched.
CREATE INDEX media_pending ON media (due_at) WHERE state = 'pending';

-- What a person has begun to write. An empty one stays: its version tells an older save from a newer.
CREATE TABLE drafts (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('reply', 'note')),
    body text NOT NULL,
    version bigint NOT NULL,
    -- The page that wrote it last, and that page's own count: what was overtaken on the wire changes nothing.
    writer uuid NOT NULL,
    turn bigint NOT NULL,
    -- The page whose words it took the place of: that page may not know that they had come.
    overwritten_writer uuid,
    overwritten_turn bigint,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, conversation_id, user_id, kind),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
);

-- How far a person has read a conversation.
CREATE TABLE reads (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (workspace_id, conversation_id, user_id),
    FOREIGN KEY (workspace_id, conversation_id) REFERENCES conversations ON DELETE CASCADE
) WITH (fillfactor = 70);

CREATE TABLE canned_replies (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    shortcut text NOT NULL,
    body text NOT NULL,
    folder text NOT NULL DEFAULT '',
    -- Everybody's, a team's, or somebody's own.
    team_id uuid,
    owner_id uuid,
    PRIMARY KEY (workspace_id, id),
    UNIQUE NULLS NOT DISTINCT (workspace_id, owner_id, shortcut),
    FOREIGN KEY (workspace_id, team_id) REFERENCES teams,
    FOREIGN KEY (workspace_id, owner_id) REFERENCES users
);

CREATE TABLE tags (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    colour text NOT NULL,
    archived boolean NOT NULL DEFAULT false,
    -- The one that counts in its place.
    merged_into uuid,
    PRIMARY KEY (workspace_id, id)
);

-- What is noted about customers and conversations.
CREATE TABLE fields (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    key text NOT NULL,
    label text NOT NULL,
    of_what text NOT NULL,
    kind text NOT NULL,
    choices text[] NOT NULL DEFAULT '{}',
    shown boolean NOT NULL DEFAULT true,
    -- Only those who set up change its values.
    locked boolean NOT NULL DEFAULT false,
    position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, key)
);

-- Where conversations go that come in and that nobody sends anywhere: the first that is met decides.
CREATE TABLE entry_rules (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    conditions jsonb NOT NULL,
    -- Without one it goes where it would go otherwise.
    queue_id uuid,
    -- A word, as `low`.
    priority text,
    tag_ids uuid[] NOT NULL DEFAULT '{}',
    -- What it asks for of whoever has it.
    skills jsonb NOT NULL DEFAULT '{}',
    position integer NOT NULL DEFAULT 0,
    PRIMARY KEY (workspace_id, id)
);

-- By when customers are answered, and their matters resolved. Minutes from the lowest priority to the highest; NULL where there is no target.
CREATE TABLE sla_policies (
    workspace_id uuid NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    id uuid NOT NULL,
    name text NOT NULL,
    first_response integer[] NOT NULL DEFAULT '{}',
    next_response integer[] NOT NULL DEFAULT '{}',
    resolution integer[] NOT NULL DEFAULT '{}',
    -- Only the time counts at which the queue is open.
    in_hours boolean NOT NULL DEFAULT true,
    warn_minutes integer,
    warn_percent integer,
    -- The time does not count to the resolution in which it is the customer's turn.
    pauses boolean NOT NULL DEFAULT true,
    PRIMARY KEY (workspace_id, id)
);

-- What routing decided, for as long as it is shown. Why is in the journal, at that line; here is what it was decided from beside that. No key
-- leads to the conversation: it is written under its lock, with it.
CREATE TABLE routing_decisions (
    workspace_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    queue_id uuid NOT NULL,
    agent_id uuid NOT NULL,
    -- How long the customer had waited for a person.
    waited_ms bigint NOT NULL,
    -- The set-up it was decided in.
    version bigint NOT NULL,
    record jsonb NOT NULL,
    -- Read by time: the latest, or all in their order.
    PRIMARY KEY (workspace_id, at, conversation_id, seq)
);
-- Those of a queue.
CREATE INDEX routing_decisions_by_queue ON routing_decisions (workspace_id, queue_id, at DESC, conversation_id DESC);
-- Those of somebody.
CREATE INDEX routing_decisions_by_agent ON routing_decisions (workspace_id, agent_id, at DESC, conversation_id DESC);
-- Those to forget.
CREATE INDEX routing_decisions_by_age ON routing_decisions (at);

-- How often an answer began from one.
CREATE TABLE canned_reply_uses (
    workspace_id uuid NOT NULL,
    reply_id uuid NOT NULL,
    uses bigint NOT NULL DEFAULT 0,
    last_used_at timestamptz,
    PRIMARY KEY (workspace_id, reply_id),
    FOREIGN KEY (workspace_id, reply_id) REFERENCES canned_replies ON DELETE CASCADE
) WITH (fillfactor = 70);

-- Work ---------------------------------------------------------------------------------------------------------------
-- Where work comes and goes, an index begins with what is looked for, and never with the workspace: such a table is empty when a plan is
-- made, all indexes are as good then, and one that begins with the workspace would be gone through from end to end later. For the same
-- reason what is to go is named by its key: a join would begin with all that ever waited. And none of them is
-- ever made shorter: for that a sweep takes the table for itself, and everybody who brings or takes something waits.

-- Webhook bodies as they came.
CREATE TABLE payloads (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Channel and account: `whatsapp:` and the id of the app.
    source text NOT NULL,
    received_at timestamptz NOT NULL,
    body bytea NOT NULL,
    sorted_at timestamptz
) WITH (vacuum_truncate = off);
-- Bodies not yet sorted into items.
CREATE INDEX payloads_unsorted ON payloads (source, seq) WHERE sorted_at IS NULL;

-- What a body held for one contact, waiting for its turn. Gone once its commands have run.
CREATE TABLE inbound_items (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    payload_seq bigint NOT NULL,
    -- JSON, to be given back as it was written.
    item text NOT NULL,
    received_at timestamptz NOT NULL,
    -- What waits in a lane, in order; and what was left behind in any, a page at a time. No index by `seq` alone: the planner would go
    -- through it in search of a lane.
    PRIMARY KEY (contact_id, inbox_id, seq, workspace_id)
) WITH (vacuum_truncate = off);

-- What could not be understood or carried out, with its reason, for a person to look at.
CREATE TABLE quarantine (
    id uuid PRIMARY KEY,
    workspace_id uuid,
    source text NOT NULL,
    payload_seq bigint NOT NULL,
    reason text NOT NULL,
    item bytea NOT NULL,
    at timestamptz NOT NULL,
    -- Whoever decided about it, when, and what: `retried`, or `left`.
    settled_by text,
    settled_at timestamptz,
    settlement text
);
-- All that was set aside of one body.
CREATE INDEX quarantine_by_body ON quarantine (payload_seq);
-- The admin's list; and the operator's of what belongs to no workspace.
CREATE INDEX quarantine_by_workspace ON quarantine (workspace_id, at DESC, id DESC) WHERE settled_at IS NULL;
-- What somebody has decided about of what belongs to no workspace.
CREATE INDEX quarantine_settled ON quarantine (settled_at DESC, id DESC) WHERE workspace_id IS NULL AND settled_at IS NOT NULL;

-- Processes that serve, as each says of itself.
CREATE TABLE nodes (
    name text PRIMARY KEY,
    version text NOT NULL,
    side text NOT NULL,
    started_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);

-- Account notices, and fields and statuses that speak of nothing we know; kept raw.
CREATE TABLE notices (
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    inbox_id uuid,
    kind text NOT NULL CHECK (kind IN ('account', 'status', 'paused', 'unknown')),
    field text NOT NULL,
    value jsonb NOT NULL,
    digest bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, digest)
);
-- The admin's list.
CREATE INDEX notices_by_time ON notices (workspace_id, at DESC, id DESC);

-- Messages on their way out. A row leaves when its answer is known.
CREATE TABLE outbox (
    position bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    message_id uuid NOT NULL,
    -- Of any subject (`events`), which records what becomes of it.
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    inbox_id uuid NOT NULL,
    -- 0 an agent's, 1 a flow's, 2 a journey's, 3 a broadcast's.
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 3),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'dispatching')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    -- The claim that has it in hand, and until when: whatever it writes names it.
    claim_id uuid,
    lease_until timestamptz,
    PRIMARY KEY (message_id, workspace_id),
    CHECK ((state = 'dispatching') = (claim_id IS NOT NULL))
) WITH (fillfactor = 50, vacuum_truncate = off);
-- One at a time per contact, whatever the nodes do.
CREATE UNIQUE INDEX outbox_dispatching ON outbox (inbox_id, contact_id, workspace_id) WHERE state = 'dispatching';
-- What a number has to send, in order.
CREATE INDEX outbox_queued ON outbox (inbox_id, priority, position) WHERE state = 'queued';
-- Whether an earlier message to the same contact is still to be sent.
CREATE INDEX outbox_by_contact ON outbox (contact_id, inbox_id, position);

-- Deadlines, of any subject (`events`). It has one of each kind for what that is about; setting it again moves it.
CREATE TABLE timers (
    workspace_id uuid NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    kind text NOT NULL,
    about uuid NOT NULL,
    due_at timestamptz NOT NULL,
    timer jsonb NOT NULL,
    -- Until when the node that took it up has it to itself.
    claimed_until timestamptz,
    PRIMARY KEY (subject_id, kind, about, workspace_id)
) WITH (vacuum_truncate = off);
-- What is due of a kind, and when the next one will be: however many of another kind are due, they come first to nobody.
CREATE INDEX timers_due ON timers (kind, due_at);

-- Where what is set up counts otherwise than before, and how far its open conversations have been gone through, latest first.
CREATE TABLE recounts (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces ON DELETE CASCADE,
    version bigint NOT NULL,
    -- A node may decide by what was set up before, for a moment: they are gone through once more after it.
    rounds integer NOT NULL DEFAULT 2,
    due_at timestamptz NOT NULL DEFAULT now(),
    before_at timestamptz,
    before_id uuid,
    claimed_until timestamptz
);

-- What no statement compares tells the planner nothing, and is long: it is not read when a table is looked at.
ALTER TABLE events ALTER COLUMN event SET STATISTICS 0;
ALTER TABLE unnumbered_commits
    ALTER COLUMN subject_ids SET STATISTICS 0,
    ALTER COLUMN first_seqs SET STATISTICS 0,
    ALTER COLUMN last_seqs SET STATISTICS 0;
ALTER TABLE feed_commits
    ALTER COLUMN subject_ids SET STATISTICS 0,
    ALTER COLUMN first_seqs SET STATISTICS 0,
    ALTER COLUMN last_seqs SET STATISTICS 0;
ALTER TABLE conversations
    ALTER COLUMN brief SET STATISTICS 0,
    ALTER COLUMN clocks SET STATISTICS 0,
    ALTER COLUMN assignment_reason SET STATISTICS 0,
    ALTER COLUMN last_message SET STATISTICS 0;
ALTER TABLE routing_decisions ALTER COLUMN record SET STATISTICS 0;
ALTER TABLE messages
    ALTER COLUMN content SET STATISTICS 0,
    ALTER COLUMN raw SET STATISTICS 0,
    ALTER COLUMN failure SET STATISTICS 0;
ALTER TABLE payloads ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE inbound_items ALTER COLUMN item SET STATISTICS 0;
