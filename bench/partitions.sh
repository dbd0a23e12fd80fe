#!/usr/bin/env bash
# What partitions would cost, against the tables as they are: bench/partitions.sh [--quick] [messages|bodies]
# A cluster of its own whose commits reach the disk; every figure is the median of runs that take turns. Wants a quiet machine.
set -euo pipefail
cd "$(dirname "$0")/.."

conversations=12000 runs=7 seconds=4 bodies=50000
parts=both
for argument in "$@"; do
    case "$argument" in
        --quick) conversations=1200 runs=3 seconds=1 bodies=2000 ;;
        messages | bodies) parts="$argument" ;;
        *) echo "usage: bench/partitions.sh [--quick] [messages|bodies]" >&2 && exit 2 ;;
    esac
done
[ "$parts" != messages ] || bodies=1
[ "$parts" != bodies ] || conversations=12

if [ "$(id -u)" -eq 0 ]; then account=(setpriv --reuid=nobody --regid=nogroup --clear-groups); else account=(); fi
programs="$(dirname "$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -1)")"
folder="$(mktemp -d)"
chmod 755 "$folder"
if [ "$(id -u)" -eq 0 ]; then chown nobody "$folder"; fi
finish() {
    "${account[@]}" "$programs/pg_ctl" stop --pgdata="$folder/data" --mode=immediate --silent || true
    rm -rf "$folder"
}
trap finish EXIT
"${account[@]}" "$programs/initdb" --username=baton --auth=trust --encoding=UTF8 --locale=C.UTF-8 --pgdata="$folder/data" > /dev/null
"${account[@]}" "$programs/pg_ctl" start --wait --silent --pgdata="$folder/data" --log="$folder/log" --options="-k $folder -c listen_addresses='' \
    -c fsync=on -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=1h -c autovacuum=off -c jit=off"
export PGHOST="$folder" PGUSER=baton PGOPTIONS='-c client_min_messages=warning'

run_sql() {
    psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --tuples-only --no-align --dbname="$1" --variable=conversations="$conversations" \
        --variable=bodies="$bodies"
}

# The schema as it is; `month` is in both, so that both are sent the same rows.
for database in whole parted; do
    psql --quiet --dbname=postgres --command="CREATE DATABASE $database"
    cat migrations/V1__*.sql | run_sql "$database"
done
run_sql whole <<'SQL'
ALTER TABLE messages ADD COLUMN month integer NOT NULL;
ALTER TABLE events ADD COLUMN month integer NOT NULL;
SQL
# The month of the conversation in every key; the wamid is unique within a month.
run_sql parted <<'SQL'
ALTER TABLE messages RENAME TO whole_messages;
CREATE TABLE messages (LIKE whole_messages INCLUDING DEFAULTS INCLUDING CONSTRAINTS, month integer NOT NULL) PARTITION BY RANGE (month);
DROP TABLE whole_messages CASCADE;
ALTER TABLE messages ADD PRIMARY KEY (workspace_id, id, month);
CREATE UNIQUE INDEX messages_by_wamid ON messages (workspace_id, inbox_id, wamid, month) WHERE wamid IS NOT NULL;
CREATE INDEX messages_by_conversation ON messages (workspace_id, conversation_id, seq DESC);
ALTER TABLE events RENAME TO whole_events;
CREATE TABLE events (LIKE whole_events INCLUDING DEFAULTS, month integer NOT NULL) PARTITION BY RANGE (month);
DROP TABLE whole_events;
ALTER TABLE events ADD PRIMARY KEY (workspace_id, subject_id, seq, month);
SELECT format('CREATE TABLE %s_%s PARTITION OF %1$s FOR VALUES FROM (%2$s) TO (%3$s)%s', name, month, month + 1, settings)
FROM (VALUES ('messages', ' WITH (fillfactor = 85)'), ('events', '')) AS parted (name, settings), generate_series(0, 11) AS month \gexec
CREATE TABLE messages_rest PARTITION OF messages DEFAULT WITH (fillfactor = 85);
CREATE TABLE events_rest PARTITION OF events DEFAULT;
ALTER TABLE payloads RENAME TO whole_payloads;
CREATE TABLE payloads (seq bigint GENERATED ALWAYS AS IDENTITY, source text NOT NULL, received_at timestamptz NOT NULL, body bytea NOT NULL,
    sorted_at timestamptz, PRIMARY KEY (seq, received_at)) PARTITION BY RANGE (received_at);
DROP TABLE whole_payloads;
CREATE INDEX payloads_unsorted ON payloads (source, seq) WHERE sorted_at IS NULL;
SELECT format('CREATE TABLE payloads_%s PARTITION OF payloads FOR VALUES FROM (%L) TO (%L)', n, at, at + interval '1 day')
FROM generate_series(0, 16) AS n, LATERAL (SELECT date_trunc('day', now(), 'UTC') + (n - 14) * interval '1 day') AS day (at) \gexec
CREATE TABLE payloads_rest PARTITION OF payloads DEFAULT;
SQL

echo "partitions: seeding $((conversations * 100)) messages over 12 months, and $((bodies * 14)) bodies over 14 days, twice"
for database in whole parted; do
    run_sql "$database" <<'SQL'
SET synchronous_commit = off;
INSERT INTO workspaces (id, name) VALUES (md5('w')::uuid, 'w');
INSERT INTO teams VALUES (md5('w')::uuid, md5('t')::uuid, 't');
INSERT INTO queues (workspace_id, id, key, name, team_id, hours) VALUES (md5('w')::uuid, md5('q')::uuid, 'q', 'q', md5('t')::uuid, '{}');
INSERT INTO inboxes (workspace_id, id, name, channel, default_queue_id) VALUES (md5('w')::uuid, md5('i')::uuid, 'i', 'whatsapp', md5('q')::uuid);
INSERT INTO contacts (workspace_id, id) SELECT md5('w')::uuid, md5('p' || c)::uuid FROM generate_series(1, :conversations) AS c;
INSERT INTO conversations (workspace_id, id, contact_id, inbox_id, state, controller, opened_at, last_message_at)
SELECT md5('w')::uuid, md5('c' || c)::uuid, md5('p' || c)::uuid, md5('i')::uuid, 'open', 'nobody', now(), now() FROM generate_series(1, :conversations) AS c;
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, content, status, wamid, at, raw, month)
SELECT md5('w')::uuid, md5('m' || c || '.' || n)::uuid, md5('c' || c)::uuid, md5('i')::uuid, n, 'outbound', 'flow',
    jsonb_build_object('kind', 'text', 'body', repeat('words ', 12)), 'sent', 'wamid.' || md5('m' || c || '.' || n), now(),
    jsonb_build_object('raw', repeat('x', 300)), c * 12 / (:conversations + 1)
FROM generate_series(1, :conversations) AS c, generate_series(1, 100) AS n;
INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event, month)
SELECT md5('w')::uuid, 'conversation', md5('c' || c)::uuid, n, now(), 'message_sent', 'stands',
    jsonb_build_object('event', 'message_sent', 'message', md5('m' || c || '.' || n), 'body', repeat('words ', 12)), c * 12 / (:conversations + 1)
FROM generate_series(1, :conversations) AS c, generate_series(1, 100) AS n;
INSERT INTO payloads (source, received_at, body, sorted_at)
SELECT 'whatsapp:1', at, convert_to(repeat(md5(n::text), 30), 'UTF8'), at
FROM generate_series(1, :bodies * 14) AS n, LATERAL (SELECT date_trunc('day', now(), 'UTC') + (n / :bodies - 14) * interval '1 day') AS day (at);
VACUUM ANALYZE;
CHECKPOINT;
SQL
done

# Both are told the month, as a caller would be who has the row of the conversation.
header="\\set c random(1, $conversations)
\\set n random(1, 100)
\\set month :c * 12 / ($conversations + 1)"
cat > "$folder/insert" <<SQL
\\set c random($conversations - $conversations / 12 + 1, $conversations)
\\set month :c * 12 / ($conversations + 1)
\\set seq random(1000, 1000000000000)
\\startpipeline
BEGIN;
INSERT INTO messages (workspace_id, id, conversation_id, inbox_id, seq, direction, author_kind, content, status, wamid, at, raw, month) VALUES (md5('w')::uuid, md5('n' || :seq)::uuid, md5('c' || :c)::uuid, md5('i')::uuid, :seq, 'inbound', 'contact', '{"kind": "text", "body": "good day, where is my lamp"}', 'received', 'wamid.n' || :seq, now(), jsonb_build_object('raw', repeat('x', 300)), :month) ON CONFLICT DO NOTHING;
INSERT INTO events (workspace_id, subject_kind, subject_id, seq, at, kind, place, event, month) VALUES (md5('w')::uuid, 'conversation', md5('c' || :c)::uuid, :seq, now(), 'message_received', 'stands', '{"event": "message_received", "body": "good day, where is my lamp"}', :month) ON CONFLICT DO NOTHING;
COMMIT;
\\endpipeline
SQL
cat > "$folder/thread" <<SQL
$header
\\startpipeline
SELECT seq, at, event, place FROM events WHERE workspace_id = md5('w')::uuid AND subject_id = md5('c' || :c)::uuid AND seq < 1000 AND place = 'stands' AND month = :month ORDER BY seq DESC LIMIT 50;
SELECT id, author_kind, author_id, content, status, failure, wamid, reply_to, at, seq, inbox_id FROM messages WHERE workspace_id = md5('w')::uuid AND conversation_id = md5('c' || :c)::uuid AND seq BETWEEN 51 AND 100 AND month = :month ORDER BY seq;
\\endpipeline
SQL
sed 's/ AND month = :month//' "$folder/thread" > "$folder/thread-without-the-month"
tick() {
    echo "$header"
    echo "WITH held AS (SELECT workspace_id, id, month FROM messages WHERE workspace_id = md5('w')::uuid AND inbox_id = md5('i')::uuid AND wamid = 'wamid.' || md5('m' || :c || '.' || :n)$1 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) UPDATE messages SET status = 'delivered', delivered_at = now(), ticked_at = clock_timestamp() FROM held WHERE messages.workspace_id = held.workspace_id AND messages.id = held.id AND messages.month = held.month;"
}
tick '' > "$folder/tick-by-wamid"
tick ' AND month BETWEEN :month - 1 AND :month' > "$folder/tick-within-two-months"
cat > "$folder/payload-insert" <<'SQL'
\set n random(1, 1000000)
INSERT INTO payloads (source, received_at, body) SELECT * FROM UNNEST(ARRAY['whatsapp:2'], ARRAY[now()], ARRAY[convert_to(repeat(md5(:n::text), 30), 'UTF8')]);
SQL
# So many bodies come and are sorted at once: what waits is always little.
payload_turn() {
    cat <<SQL
\\set n random(1, 1000000)
INSERT INTO payloads (source, received_at, body) SELECT 'whatsapp:' || :client_id, now(), convert_to(repeat(md5((:n + n)::text), 30), 'UTF8') FROM generate_series(1, $1) AS n;
BEGIN;
SELECT array_agg(seq) AS seqs, min(received_at) AS first, max(received_at) AS last FROM (SELECT seq, received_at, body, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS bytes_before FROM (SELECT seq, received_at, body FROM payloads WHERE source = 'whatsapp:' || :client_id AND sorted_at IS NULL ORDER BY seq LIMIT $1) AS oldest) AS measured WHERE bytes_before < 1000000 \\gset
\\startpipeline
SELECT 1 / (count(*) = $1)::integer FROM payloads WHERE seq = ANY(:seqs::bigint[]) AND sorted_at IS NULL$2;
UPDATE payloads SET sorted_at = now() WHERE seq = ANY(:seqs::bigint[])$2;
COMMIT;
\\endpipeline
SQL
}
day=' AND received_at BETWEEN :first::timestamptz AND :last::timestamptz'
payload_turn 1 '' > "$folder/turn-of-one"
payload_turn 1 "$day" > "$folder/turn-of-one-with-its-day"
payload_turn 100 '' > "$folder/turn-of-a-hundred"
payload_turn 100 "$day" > "$folder/turn-of-a-hundred-with-its-day"

# Microseconds of one transaction.
latency() {
    "$programs/pgbench" --no-vacuum --protocol=prepared --client=2 --time="$seconds" --file="$folder/$2" "$1" 2> "$folder/pgbench" |
        awk '/^latency average/ { print int($4 * 1000) }'
}
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
compare() {
    local name="$1" script="$2" whole=() parted=() ratios=() run
    for ((run = 0; run <= runs; run++)); do
        if ((run % 2)); then w="$(latency whole "$script")" p="$(latency parted "$script")"; else p="$(latency parted "$script")" w="$(latency whole "$script")"; fi
        # The first warms up.
        if ((run)); then whole+=("$w") parted+=("$p") ratios+=("$((p * 1000 / w))"); fi
    done
    local ratio
    ratio="$(printf '%s\n' "${ratios[@]}" | median)"
    printf '%-44s %6d µs  %6d µs  %+6.1f %%\n' "$name" "$(printf '%s\n' "${whole[@]}" | median)" "$(printf '%s\n' "${parted[@]}" | median)" \
        "$(awk "BEGIN { print $ratio / 10 - 100 }")"
}

# The rest, under more settings.
with() { PGOPTIONS="$PGOPTIONS$1" "${@:2}"; }

printf '%-44s %9s  %9s  %8s\n' '' whole parted 'median ratio'
if [ "$parts" != bodies ]; then
    compare 'message and event, to the disk' insert
    with ' -c synchronous_commit=off' compare 'message and event, work alone' insert
    compare 'thread, month known' thread
    with ' -c plan_cache_mode=force_generic_plan' compare 'thread, month known, planned once' thread
    compare 'thread, month not known' thread-without-the-month
    with ' -c synchronous_commit=off' compare 'tick by wamid, work alone' tick-by-wamid
    with ' -c synchronous_commit=off' compare 'tick, two months looked through, work alone' tick-within-two-months
fi
[ "$parts" != messages ] || exit 0
compare 'body, to the disk' payload-insert
with ' -c synchronous_commit=off' compare 'body, work alone' payload-insert
for database in whole parted; do
    printf '%s;\n' 'UPDATE payloads SET sorted_at = received_at WHERE sorted_at IS NULL' 'VACUUM ANALYZE payloads' CHECKPOINT | run_sql "$database"
done
for turn in turn-of-one turn-of-one-with-its-day turn-of-a-hundred turn-of-a-hundred-with-its-day; do
    with ' -c synchronous_commit=off' compare "$turn, work alone" "$turn"
done

echo "partitions: one day of $bodies bodies goes"
run_sql whole <<'SQL'
\timing on
CREATE PROCEDURE forget(before timestamptz) LANGUAGE plpgsql AS $$
DECLARE gone bigint;
BEGIN
    LOOP
        DELETE FROM payloads
        WHERE seq = ANY(ARRAY(SELECT seq FROM (SELECT seq, sorted_at FROM payloads ORDER BY seq LIMIT 1000) AS oldest WHERE sorted_at < before));
        GET DIAGNOSTICS gone = ROW_COUNT;
        COMMIT;
        EXIT WHEN gone = 0;
    END LOOP;
END $$;
SELECT pg_current_wal_lsn() AS from_lsn \gset
CALL forget(date_trunc('day', now(), 'UTC') - interval '13 days');
VACUUM payloads;
SELECT 'deleted and vacuumed, MB of log: ' || (pg_current_wal_lsn() - :'from_lsn')::bigint / 1000000;
SQL
run_sql parted <<'SQL'
\timing on
SELECT pg_current_wal_lsn() AS from_lsn \gset
DROP TABLE payloads_0;
SELECT 'dropped, MB of log: ' || (pg_current_wal_lsn() - :'from_lsn')::bigint / 1000000;
SQL
