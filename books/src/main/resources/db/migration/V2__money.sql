-- Money that people move: corrections, payouts, holds; and the trace that each act of administration leaves.
-- ledger-service calls the functions below and can't write a journal itself. Each function locks the head of the chain before it reads any
-- sum, so acts and settlements run one after the other. A refusal has an SQLSTATE MR…; ledger-service answers it as a problem with the same
-- message.

-- A person's words about an act. They are kept for ever, so they must hold nothing personal.
CREATE DOMAIN remark AS text CHECK (length(VALUE) BETWEEN 1 AND 500 AND VALUE !~ '[[:cntrl:]]');

---------------------------------------------------------------------------------------------------- audit

-- Every act of administration. Rows form a chain like the journals' do.
-- subject, token: sub and jti of the bearer token; a command on a server's own machine names its user as local:<user>, and has no token.
CREATE TABLE audit (
    number    bigint PRIMARY KEY,
    at        timestamptz NOT NULL,
    subject   text NOT NULL CHECK (length(subject) BETWEEN 1 AND 256),
    token     text CHECK (length(token) <= 256),
    action    text NOT NULL CHECK (action ~ '^[a-z]+(\.[a-z]+)?$'),
    target    text NOT NULL CHECK (length(target) BETWEEN 1 AND 256),
    before    jsonb,
    after     jsonb,
    reason    remark,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL
);

CREATE TABLE audit_head (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    number    bigint NOT NULL,
    hash      bytea NOT NULL
);
INSERT INTO audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_hash(entry audit) RETURNS bytea STABLE LANGUAGE sql
    RETURN sha256(entry.prev_hash || convert_to(jsonb_build_array(entry.number, extract(epoch FROM entry.at), entry.subject, entry.token,
        entry.action, entry.target, entry.before, entry.after, entry.reason)::text, 'UTF8'));

-- Number, time and hash are the database's alone.
CREATE FUNCTION audit_is_chained() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT number + 1, clock_timestamp(), hash INTO NEW.number, NEW.at, NEW.prev_hash FROM audit_head FOR UPDATE;
    NEW.hash := audit_hash(NEW);
    UPDATE audit_head SET number = NEW.number, hash = NEW.hash;
    RETURN NEW;
END
$$;
CREATE TRIGGER audit_is_chained BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_chained();

-- The answers to requests that carried an Idempotency-Key, so that a repetition gets the same one.
-- operation: method and path, hence a publisher's own keys. digest: of the request's content.
CREATE TABLE idempotency (
    operation  text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    digest     bytea NOT NULL CHECK (length(digest) = 32),
    answer     jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operation, key)
);

---------------------------------------------------------------------------------------------------- holds and what is available

-- Creators without a row are active. A hold ends by itself.
CREATE TABLE creator_state (
    creator    text COLLATE "C" PRIMARY KEY CHECK (length(creator) BETWEEN 1 AND 69 AND creator !~ '[^A-Za-z0-9._:-]'),
    state      text NOT NULL CHECK (state IN ('active', 'held')),
    reason     remark,
    until      timestamptz,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (state = 'active' OR (reason IS NOT NULL AND until IS NOT NULL))
);

-- Credits that corrections took back, by the time of the credit. The rows of a correction sum to it.
CREATE TABLE reversal (
    account_id bigint NOT NULL REFERENCES account,
    credit_at  timestamptz NOT NULL,                    -- created_at of the credit
    credit     bigint NOT NULL,                         -- its journal
    publisher  text COLLATE "C" NOT NULL,
    correction bigint NOT NULL,                         -- the correction's journal
    micros     bigint NOT NULL CHECK (micros > 0),
    PRIMARY KEY (account_id, credit_at, credit, publisher, correction)
);

-- Where creators' money stands: the one rule of what is available. matured: settled, and credited up to the cutoff. A credit that was
-- taken back matures no more. One statement, hence one snapshot.
CREATE FUNCTION standing(creators text[], cutoff timestamptz)
    RETURNS TABLE (creator text, account_id bigint, settled bigint, underway bigint, matured bigint, held boolean) STABLE LANGUAGE sql AS $$
    SELECT asked.creator, a.account_id, coalesce(b.micros, 0), coalesce(u.micros, 0),
           coalesce(b.micros, 0) - (coalesce(b.credited, 0) - coalesce(old.credited, 0)) + coalesce(back.micros, 0),
           coalesce(s.state = 'held' AND s.until > clock_timestamp(), false)
    FROM unnest(creators) AS asked (creator)
    LEFT JOIN account a ON a.name = 'creator:' || asked.creator
    LEFT JOIN balance b ON b.account_id = a.account_id
    LEFT JOIN account w ON w.name = 'underway:' || asked.creator
    LEFT JOIN balance u ON u.account_id = w.account_id
    LEFT JOIN creator_state s ON s.creator = asked.creator
    LEFT JOIN LATERAL (
        SELECT p.credited FROM posting p
        WHERE a.created_at <= cutoff AND p.account_id = a.account_id AND p.created_at <= cutoff
        ORDER BY p.created_at DESC, p.journal_id DESC, p.publisher DESC LIMIT 1) old ON true
    LEFT JOIN LATERAL (
        SELECT sum(r.micros)::bigint AS micros FROM reversal r WHERE r.account_id = a.account_id AND r.credit_at > cutoff) back ON true
$$;

---------------------------------------------------------------------------------------------------- corrections

-- From creators back to the publisher that paid them.
CREATE TABLE correction (
    correction_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal_id    bigint NOT NULL UNIQUE,
    at            timestamptz NOT NULL,                 -- the journal's
    publisher     text COLLATE "C" NOT NULL REFERENCES publisher,
    micros        bigint NOT NULL CHECK (micros > 0),
    reason        remark NOT NULL,
    reference     remark
);
CREATE INDEX correction_publisher ON correction (publisher, at);

-- Units and micros that a correction took back, by row of the engagement archive, which does not change. A part of a unit's price is no unit.
CREATE TABLE correction_line (
    correction_id bigint NOT NULL REFERENCES correction,
    line          int NOT NULL CHECK (line >= 0),
    day           date NOT NULL,
    creator       text COLLATE "C" NOT NULL,
    publisher     text COLLATE "C" NOT NULL,
    article       text COLLATE "C" NOT NULL,
    type          text COLLATE "C" NOT NULL,
    rate_version  int NOT NULL,
    units         bigint NOT NULL CHECK (units >= 0),
    micros        bigint NOT NULL CHECK (micros >= 0),
    PRIMARY KEY (correction_id, line)
);
CREATE INDEX correction_line_creator ON correction_line (creator, day);
CREATE INDEX correction_line_publisher ON correction_line (publisher, day);

-- Takes back what a publisher paid: units or micros of one article, the newest first; all of a range of days; or what was credited in a
-- range of time, from the articles of its days, the newest first.
--
-- creators, article, kind: of the engagement, null for all. first_day, last_day: UTC, both included, null for no bound.
-- since, until: of the credits, the end not included; null where units, micros or all of the days are asked for.
-- by_publisher: whether the publisher asks, who may take back only what is not available yet; else an operator.
-- available_after: how long after its credit money becomes available.
-- Returns id, journal, at, micros, lines: [{creator, article, micros}]; the first three are null for a dry run, which writes nothing.
-- Raises MREXP more than was paid, MRLAT too late for the publisher, MRNEG a balance below zero.
CREATE FUNCTION correct(
    of_publisher text, creators text[], of_article text, kind text, first_day date, last_day date, since timestamptz, until timestamptz,
    wanted_units bigint, wanted_micros bigint, by_publisher boolean, available_after interval, allow_negative boolean, the_reason text, the_reference text, dry_run boolean)
    RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    cutoff  timestamptz;
    total   bigint;
    units   bigint;
    culprit record;
    number  bigint;
    new_id  bigint;
    booked  timestamptz;
    a_day   date;
    near    boolean;
    day_at  timestamptz;
BEGIN
    IF NOT dry_run THEN
        PERFORM ensure_months((clock_timestamp() AT TIME ZONE 'UTC')::date, 1);
        PERFORM FROM chain_head FOR UPDATE;
    END IF;
    cutoff := clock_timestamp() - available_after;

    -- What is left of the engagement by creator, the newest first, and how much of it there is before each row.
    CREATE TEMP TABLE correctable ON COMMIT DROP AS
    SELECT *, (sum(left_units) OVER w - left_units)::bigint AS units_before, (sum(left_micros) OVER w - left_micros)::bigint AS micros_before
    FROM (
        SELECT e.day, e.creator, e.article, e.type, e.rate_version, r.micros AS price,
               e.units - coalesce(l.units, 0) AS left_units, e.micros - coalesce(l.micros, 0) AS left_micros
        FROM engagement e
        JOIN rate r ON r.version = e.rate_version AND r.type = e.type
        LEFT JOIN (
            SELECT c.day, c.creator, c.article, c.type, c.rate_version, sum(c.units)::bigint AS units, sum(c.micros)::bigint AS micros
            FROM correction_line c
            WHERE c.publisher = of_publisher AND (creators IS NULL OR c.creator = ANY (creators))
            GROUP BY c.day, c.creator, c.article, c.type, c.rate_version) l
            ON (l.day, l.creator, l.article, l.type, l.rate_version) = (e.day, e.creator, e.article, e.type, e.rate_version)
        WHERE e.publisher = of_publisher AND (creators IS NULL OR e.creator = ANY (creators))
          AND (of_article IS NULL OR e.article = of_article) AND (kind IS NULL OR e.type = kind)
          AND e.day >= coalesce(first_day, '-infinity') AND e.day <= coalesce(last_day, 'infinity')) e
    WHERE left_micros > 0
    WINDOW w AS (PARTITION BY creator ORDER BY day DESC, article, type, rate_version DESC);

    CREATE TEMP TABLE wanted ON COMMIT DROP AS
    SELECT a.name, wanted_micros AS micros FROM unnest(creators) AS a (name) WHERE wanted_micros IS NOT NULL
    UNION ALL
    SELECT c.creator, sum(p.micros - coalesce(r.micros, 0))::bigint
    FROM (SELECT DISTINCT t.creator FROM correctable t) c
    JOIN account a ON a.name = 'creator:' || c.creator
    JOIN posting p ON p.account_id = a.account_id AND p.publisher = of_publisher AND p.micros > 0 AND p.created_at >= since AND p.created_at < until
    LEFT JOIN (SELECT v.account_id, v.credit, sum(v.micros) AS micros FROM reversal v
               WHERE v.publisher = of_publisher AND v.credit_at >= since AND v.credit_at < until GROUP BY v.account_id, v.credit) r
        ON r.account_id = p.account_id AND r.credit = p.journal_id
    GROUP BY c.creator;

    CREATE TEMP TABLE taken ON COMMIT DROP AS
    SELECT (row_number() OVER (ORDER BY t.day, t.creator, t.article, t.type, t.rate_version) - 1)::int AS line, t.*
    FROM (
        SELECT day, creator, article, type, rate_version, taken_micros AS micros,
               CASE WHEN wanted_units IS NOT NULL THEN taken_units WHEN taken_micros = left_micros THEN left_units
                    ELSE least(left_units, taken_micros / price) END AS units
        FROM (
            SELECT c.*, u.taken_units,
                   CASE WHEN wanted_micros IS NOT NULL OR since IS NOT NULL THEN greatest(0, least(left_micros, coalesce(w.micros, 0) - micros_before))
                        WHEN wanted_units IS NOT NULL AND taken_units < left_units THEN least(left_micros, taken_units * price)
                        ELSE left_micros END AS taken_micros
            FROM correctable c
            LEFT JOIN wanted w ON w.name = c.creator
            CROSS JOIN LATERAL (SELECT CASE WHEN wanted_units IS NULL THEN left_units
                                       ELSE greatest(0, least(left_units, wanted_units - units_before)) END AS taken_units) u) f
        WHERE taken_micros > 0 AND (wanted_units IS NULL OR taken_units > 0)) t;
    SELECT coalesce(sum(t.micros), 0), coalesce(sum(t.units), 0) INTO total, units FROM taken t;
    IF total = 0 OR total < wanted_micros OR units < wanted_units THEN
        RAISE EXCEPTION '%; only settled money counts', CASE WHEN of_article IS NULL
            THEN format('nothing is left of what publisher %s paid%s in this range', of_publisher,
                CASE WHEN creators IS NULL THEN '' ELSE format(' these %s creators', cardinality(creators)) END)
            ELSE format('%s%s are left of what publisher %s paid creator %s for article %s, and %s are to be taken back',
                CASE WHEN wanted_units IS NULL THEN format('%s micros', total) ELSE format('%s units', units) END, ' of the type ' || kind,
                of_publisher, creators[1], of_article, coalesce(wanted_units, wanted_micros)) END USING ERRCODE = 'MREXP';
    END IF;

    CREATE TEMP TABLE debtor ON COMMIT DROP AS
    SELECT t.creator, s.account_id, t.micros, s.settled - s.underway AS free
    FROM (SELECT c.creator, sum(c.micros)::bigint AS micros FROM taken c GROUP BY c.creator) t
    JOIN standing((SELECT array_agg(DISTINCT c.creator) FROM taken c), cutoff) s ON s.creator = t.creator;

    -- Which credits it is taken from: those of the engagement's day, the newest first; then later and earlier ones, as a credit of a day's last
    -- seconds is booked on the next, and one that was adopted much later. First near the day, since a creator may have very many.
    CREATE TEMP TABLE reversing (account_id bigint, credit_at timestamptz, credit bigint, micros bigint) ON COMMIT DROP;
    FOR a_day, near IN SELECT d.day, n.near FROM (SELECT DISTINCT t.day FROM taken t) d, (VALUES (true), (false)) n (near) ORDER BY d.day DESC, n.near DESC LOOP
        day_at := a_day::timestamp AT TIME ZONE 'UTC';
        INSERT INTO reversing
        SELECT c.account_id, c.created_at, c.journal_id, least(c.rest, c.wanted - c.before)
        FROM (
            SELECT l.*, sum(l.rest) OVER (PARTITION BY l.account_id ORDER BY l.place, l.distance, l.journal_id) - l.rest AS before
            FROM (
                SELECT p.account_id, p.created_at, p.journal_id, d.wanted, p.micros - coalesce(r.micros, 0) AS rest,
                       CASE WHEN p.created_at < since OR p.created_at >= until THEN 3 ELSE 0 END
                           + CASE WHEN p.created_at < day_at THEN 2 WHEN p.created_at >= day_at + interval '1 day' THEN 1 ELSE 0 END AS place,
                       CASE WHEN p.created_at >= day_at + interval '1 day' THEN p.created_at - day_at ELSE day_at - p.created_at END AS distance
                FROM (SELECT b.account_id, sum(t.micros) - coalesce((SELECT sum(v.micros) FROM reversing v WHERE v.account_id = b.account_id), 0)
                          + coalesce((SELECT sum(x.micros) FROM taken x WHERE x.creator = b.creator AND x.day > a_day), 0) AS wanted
                      FROM taken t JOIN debtor b USING (creator) WHERE t.day = a_day GROUP BY b.account_id, b.creator) d
                JOIN posting p ON p.account_id = d.account_id AND p.publisher = of_publisher AND p.micros > 0
                    AND (NOT near OR p.created_at >= day_at - interval '1 hour' AND p.created_at < day_at + interval '2 days')
                LEFT JOIN (SELECT v.account_id, v.credit, sum(v.micros) AS micros
                           FROM (SELECT o.account_id, o.credit, o.micros FROM reversal o JOIN debtor USING (account_id) WHERE o.publisher = of_publisher
                                 UNION ALL SELECT n.account_id, n.credit, n.micros FROM reversing n) v
                           GROUP BY v.account_id, v.credit) r ON r.account_id = p.account_id AND r.credit = p.journal_id
                WHERE d.wanted > 0) l
            WHERE l.rest > 0) c
        WHERE c.before < c.wanted;
    END LOOP;
    IF (SELECT coalesce(sum(v.micros), 0) FROM reversing v) <> total THEN
        RAISE EXCEPTION 'the credits of publisher % do not hold % micros', of_publisher, total USING ERRCODE = 'MREXP';
    END IF;

    IF by_publisher THEN
        SELECT d.creator, d.micros, sum(v.micros) AS old INTO culprit
        FROM reversing v JOIN debtor d USING (account_id) WHERE v.credit_at <= cutoff GROUP BY d.creator, d.micros ORDER BY d.creator LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION '% of the % micros are available to creator % already; an operator can take them back',
                culprit.old, culprit.micros, culprit.creator USING ERRCODE = 'MRLAT';
        END IF;
    END IF;
    SELECT d.* INTO culprit FROM debtor d WHERE d.micros > d.free ORDER BY d.creator LIMIT 1;
    IF FOUND AND NOT allow_negative THEN
        RAISE EXCEPTION 'creator % has % micros that are neither paid out nor on their way, and % are to be taken back',
            culprit.creator, culprit.free, culprit.micros USING ERRCODE = 'MRNEG';
    END IF;

    IF NOT dry_run THEN
        CREATE TEMP TABLE owed ON COMMIT DROP AS
        SELECT 'creator:' || d.creator AS name, of_publisher AS publisher, -d.micros AS micros FROM debtor d
        UNION ALL
        SELECT 'publisher:' || of_publisher, of_publisher, total;
        SELECT b.number INTO number FROM book('correction', 0, the_reason) b;
        SELECT j.created_at INTO booked FROM journal j WHERE j.journal_id = number;
        INSERT INTO correction (journal_id, at, publisher, micros, reason, reference)
        VALUES (number, booked, of_publisher, total, the_reason, the_reference)
        RETURNING correction_id INTO new_id;
        UPDATE publisher p SET corrected = p.corrected + total WHERE p.publisher = of_publisher;
        INSERT INTO correction_line (correction_id, line, day, creator, publisher, article, type, rate_version, units, micros)
        SELECT new_id, t.line, t.day, t.creator, of_publisher, t.article, t.type, t.rate_version, t.units, t.micros FROM taken t;

        INSERT INTO reversal (account_id, credit_at, credit, publisher, correction, micros)
        SELECT v.account_id, v.credit_at, v.credit, of_publisher, number, sum(v.micros)::bigint
        FROM reversing v GROUP BY v.account_id, v.credit_at, v.credit;

        UPDATE article_score s
        SET micros = s.micros - t.micros, settled_at = booked, journal_id = number,
            view = s.view - t.view, read = s.read - t.read, scroll = s.scroll - t.scroll, reaction = s.reaction - t.reaction,
            comment = s.comment - t.comment, search_visit = s.search_visit - t.search_visit
        FROM (SELECT c.creator, c.article, sum(c.micros)::bigint AS micros,
                     coalesce(sum(c.units) FILTER (WHERE c.type = 'view'), 0)::bigint AS view,
                     coalesce(sum(c.units) FILTER (WHERE c.type = 'read'), 0)::bigint AS read,
                     coalesce(sum(c.units) FILTER (WHERE c.type = 'scroll'), 0)::bigint AS scroll,
                     coalesce(sum(c.units) FILTER (WHERE c.type = 'reaction'), 0)::bigint AS reaction,
                     coalesce(sum(c.units) FILTER (WHERE c.type = 'comment'), 0)::bigint AS comment,
                     coalesce(sum(c.units) FILTER (WHERE c.type = 'search_visit'), 0)::bigint AS search_visit
              FROM taken c GROUP BY c.creator, c.article) t
        WHERE s.publisher = of_publisher AND s.article = t.article AND s.creator = t.creator;
    END IF;
    RETURN jsonb_build_object('id', new_id::text, 'journal', number::text, 'at', booked, 'micros', total, 'lines',
        (SELECT jsonb_agg(jsonb_build_object('creator', t.creator, 'article', t.article, 'micros', t.micros) ORDER BY t.creator, t.article)
         FROM (SELECT c.creator, c.article, sum(c.micros)::bigint AS micros FROM taken c GROUP BY c.creator, c.article) t));
END
$$;

---------------------------------------------------------------------------------------------------- payouts

-- Money on its way to a creator. requested: underway:<creator> +, underway -. paid: creator -, payout +, and the two back. failed: the two back.
-- So a creator's entries sum to what is settled, and that falls only when money has left. The accounts of a sandbox are its own.
-- id: what callers know it by. Its random part keeps a confirmation from meeting another payout after the database was restored to an older state,
-- where the numbers are given once more.
CREATE TABLE payout (
    payout_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    nonce     text NOT NULL DEFAULT left(encode(uuid_send(gen_random_uuid()), 'hex'), 8),
    id        text COLLATE "C" NOT NULL GENERATED ALWAYS AS (payout_id::text || '-' || nonce) STORED UNIQUE,
    creator   text COLLATE "C" NOT NULL,
    micros    bigint NOT NULL CHECK (micros > 0),
    through   date                                      -- the last day that a run of all creators was for
);
CREATE INDEX payout_creator ON payout (creator, payout_id);

-- A payout is requested once, and ends once.
CREATE TABLE payout_step (
    payout_id  bigint NOT NULL REFERENCES payout,
    state      text NOT NULL CHECK (state IN ('requested', 'paid', 'failed')),
    at         timestamptz NOT NULL,                    -- the journal's
    journal_id bigint NOT NULL,
    subject    text NOT NULL CHECK (length(subject) BETWEEN 1 AND 256),
    note       remark,                                  -- the bank's reference, or why it failed
    ended      boolean NOT NULL GENERATED ALWAYS AS (state <> 'requested') STORED,
    PRIMARY KEY (payout_id, ended),
    CHECK (state <> 'failed' OR note IS NOT NULL)
);

-- Requests payouts: of these creators, or where null of all that are no sandbox's and have at least the threshold.
--
-- wanted: micros, null for all that is available. through: the last day whose credits count, null for no bound.
-- Returns id, creator, micros of each, by creator. Raises MRAVL more than is available, naming the creator.
CREATE FUNCTION request_payouts(creators text[], wanted bigint, last_day date, threshold bigint, available_after interval, by_subject text)
    RETURNS TABLE (new_id text, of_creator text, amount bigint) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    cutoff  timestamptz;
    culprit record;
    number  bigint;
    booked  timestamptz;
BEGIN
    PERFORM ensure_months((clock_timestamp() AT TIME ZONE 'UTC')::date, 1);
    PERFORM FROM chain_head FOR UPDATE;
    cutoff := least(clock_timestamp() - available_after, ((last_day + 1)::timestamp AT TIME ZONE 'UTC') - interval '1 microsecond');

    CREATE TEMP TABLE due ON COMMIT DROP AS
    SELECT s.creator, s.held, greatest(0, s.matured - s.underway) AS available,
           coalesce(wanted, greatest(0, s.matured - s.underway)) AS micros
    FROM standing(coalesce(creators, ARRAY (
        SELECT substr(a.name, 9) FROM account a JOIN balance b USING (account_id)
        WHERE starts_with(a.name, 'creator:') AND NOT starts_with(a.name, 'creator:test:') AND b.micros >= greatest(threshold, 1))), cutoff) s;
    IF creators IS NULL THEN
        DELETE FROM due d WHERE d.held OR d.micros < greatest(threshold, 1);
    END IF;
    SELECT d.* INTO culprit FROM due d WHERE d.held OR d.micros > d.available OR d.micros < 1 ORDER BY d.creator LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'creator % has % micros available%', culprit.creator, CASE WHEN culprit.held THEN 0 ELSE culprit.available END,
            CASE WHEN culprit.held THEN ', being held' WHEN wanted IS NULL THEN '' ELSE format(', not %s', wanted) END USING ERRCODE = 'MRAVL';
    END IF;

    CREATE TEMP TABLE requested ON COMMIT DROP AS
    WITH made AS (
        INSERT INTO payout (creator, micros, through) SELECT d.creator, d.micros, last_day FROM due d ORDER BY d.creator
        RETURNING payout_id, id, creator, micros)
    SELECT * FROM made;
    CREATE TEMP TABLE owed ON COMMIT DROP AS
    SELECT 'underway:' || r.creator AS name, '' AS publisher, r.micros FROM requested r
    UNION ALL
    SELECT CASE WHEN starts_with(r.creator, 'test:') THEN 'test:underway' ELSE 'underway' END, '', -sum(r.micros)::bigint FROM requested r GROUP BY 1;
    SELECT b.number INTO number FROM book('payout', 0, (SELECT format('requested: %s payouts from number %s on', count(*), min(r.payout_id)) FROM requested r)) b;
    SELECT j.created_at INTO booked FROM journal j WHERE j.journal_id = number;
    INSERT INTO payout_step (payout_id, state, at, journal_id, subject)
    SELECT r.payout_id, 'requested', booked, number, by_subject FROM requested r;
    RETURN QUERY SELECT r.id, r.creator, r.micros FROM requested r ORDER BY r.creator;
END
$$;

-- Ends a payout: paid, with the bank's reference, or failed, with the reason.
-- two_people: whether a payout takes another subject to be paid than requested it.
-- Returns false where it ended so before, with the same note: the call is a repetition.
-- Raises MRSTA it can't end like this now, MRTWO the same subject, P0002 there is none.
CREATE FUNCTION end_payout(the_id text, outcome text, the_note text, by_subject text, two_people boolean)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    paid   payout;
    before payout_step;
    ours   text;
    number bigint;
BEGIN
    PERFORM ensure_months((clock_timestamp() AT TIME ZONE 'UTC')::date, 1);
    PERFORM FROM chain_head FOR UPDATE;
    SELECT * INTO paid FROM payout p WHERE p.id = the_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no payout %', the_id USING ERRCODE = 'no_data_found';
    END IF;
    SELECT * INTO before FROM payout_step s WHERE s.payout_id = paid.payout_id ORDER BY s.ended DESC LIMIT 1;
    IF before.ended AND before.state = outcome AND before.note IS NOT DISTINCT FROM the_note THEN
        RETURN false;
    END IF;
    IF before.ended THEN
        RAISE EXCEPTION 'payout % is % since %', the_id, before.state, before.at USING ERRCODE = 'MRSTA';
    END IF;
    IF outcome = 'paid' AND two_people AND before.subject = by_subject THEN
        RAISE EXCEPTION 'payout % was requested by ''%'', so another subject confirms it', the_id, by_subject USING ERRCODE = 'MRTWO';
    END IF;
    IF outcome = 'paid' AND EXISTS (
        SELECT FROM creator_state s WHERE s.creator = paid.creator AND s.state = 'held' AND s.until > clock_timestamp())
    THEN
        RAISE EXCEPTION 'payout % waits: creator % is held', the_id, paid.creator USING ERRCODE = 'MRSTA';
    END IF;

    ours := CASE WHEN starts_with(paid.creator, 'test:') THEN 'test:' ELSE '' END;
    CREATE TEMP TABLE owed ON COMMIT DROP AS
    SELECT 'underway:' || paid.creator AS name, '' AS publisher, -paid.micros AS micros
    UNION ALL SELECT ours || 'underway', '', paid.micros
    UNION ALL SELECT 'creator:' || paid.creator, '', -paid.micros WHERE outcome = 'paid'
    UNION ALL SELECT ours || 'payout', '', paid.micros WHERE outcome = 'paid';
    SELECT b.number INTO number FROM book('payout', 0, format('%s: payout %s', outcome, the_id)) b;
    INSERT INTO payout_step (payout_id, state, at, journal_id, subject, note)
    SELECT paid.payout_id, outcome, j.created_at, number, by_subject, the_note FROM journal j WHERE j.journal_id = number;
    RETURN true;
END
$$;

---------------------------------------------------------------------------------------------------- who may do what

-- These rows are final, like the journal's.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY ['audit', 'idempotency', 'reversal', 'correction', 'correction_line', 'payout', 'payout_step'] LOOP
        EXECUTE format('CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION entries_are_final()', name);
        EXECUTE format('CREATE TRIGGER entries_stay BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final()', name);
        EXECUTE format('GRANT SELECT ON %I TO millrace_ledger, millrace_reader', name);
    END LOOP;
END
$$;
CREATE TRIGGER entries_are_final BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();

GRANT EXECUTE ON FUNCTION correct, request_payouts, end_payout, standing TO millrace_ledger;
GRANT EXECUTE ON FUNCTION audit_hash TO millrace_reader;
GRANT SELECT ON creator_state, audit_head TO millrace_ledger, millrace_reader;
GRANT INSERT ON audit, idempotency, creator_state TO millrace_ledger;
GRANT UPDATE ON creator_state TO millrace_ledger;
GRANT INSERT ON audit TO millrace_settler;
