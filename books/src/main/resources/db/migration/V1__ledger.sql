-- The ledger: double entry, insert only, chained by hash; and the catalogue that prices what goes into it.
-- Amounts are whole micros (10^-6 of the currency). The owner runs this file. Services work as members of millrace_settler or
-- millrace_ledger, and the comparison as a member of millrace_reader (deploy/postgres/roles.sql creates them). None of them owns anything.
-- Text in an index has the collation "C": a change of the C library or of ICU can't break such an index.

-- Nobody calls a function, or makes a trigger of it, without a grant. Otherwise a login could give a function that runs as the owner a
-- table of its own, and with that table a cast: code of the login's that the owner runs.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

---------------------------------------------------------------------------------------------------- catalogue

CREATE TABLE publisher (
    publisher  text COLLATE "C" PRIMARY KEY CHECK (publisher ~ '^[a-z0-9-]{1,32}$'),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- No secret is stored: it is derived from the master key and (publisher, number).
CREATE TABLE publisher_key (
    publisher  text COLLATE "C" NOT NULL REFERENCES publisher,
    number     int NOT NULL CHECK (number BETWEEN 1 AND 999999999),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (publisher, number)
);

-- A card is never changed: a new price is a new card, and two cards never begin at the same second.
CREATE TABLE rate_card (
    version      int PRIMARY KEY CHECK (version >= 1),
    effective_at timestamptz NOT NULL UNIQUE CHECK (effective_at = date_trunc('second', effective_at)),
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE rate (
    version int NOT NULL REFERENCES rate_card,
    type    text COLLATE "C" NOT NULL CHECK (type ~ '^[a-z_]{1,16}$'),  -- EventType has the list
    micros  bigint NOT NULL CHECK (micros BETWEEN 0 AND 1000000000),
    cap     int NOT NULL CHECK (cap >= 1),
    PRIMARY KEY (version, type),
    -- a batch of a thousand events stays below 2^53, the largest whole number that Lua holds exactly
    CHECK (micros * cap <= 1000000000000)
);

-- What units of a type cost at a rate: the one price rule of the ledger. Rate.price in common is the edge's; a test compares the two.
CREATE FUNCTION price(units numeric, micros bigint) RETURNS numeric IMMUTABLE LANGUAGE sql
    RETURN units * micros;

-- Grows with every change of the four tables above, so that an older snapshot can't overwrite a newer one.
CREATE TABLE catalog_revision (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    revision  bigint NOT NULL
);
INSERT INTO catalog_revision (revision) VALUES (1);

-- Every function names its search_path with pg_temp last: otherwise a caller's temporary table could stand in for ours.
CREATE FUNCTION catalog_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE catalog_revision SET revision = revision + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE ON publisher FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE ON publisher_key FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE ON rate_card FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE ON rate FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

-- What is revoked stays revoked.
CREATE FUNCTION revoked_for_good() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'key %.% is revoked for good; create another', OLD.publisher, OLD.number USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER revoked_for_good BEFORE UPDATE ON publisher_key
    FOR EACH ROW WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at AND OLD.revoked_at IS NOT NULL)
    EXECUTE FUNCTION revoked_for_good();

INSERT INTO rate_card (version, effective_at) VALUES (1, 'epoch');
INSERT INTO rate (version, type, micros, cap)
VALUES (1, 'view', 1000, 1),
       (1, 'read', 200, 1),
       (1, 'scroll', 100, 1),
       (1, 'reaction', 500, 1),
       (1, 'comment', 50, 100),
       (1, 'search_visit', 1500, 1);

---------------------------------------------------------------------------------------------------- double entry

CREATE TABLE account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text COLLATE "C" NOT NULL UNIQUE
        -- Lengths, and a search for a character that does not belong there: a bounded repetition ({1,64}) of a regular expression
        -- takes 25 times as long (docs/decisions/0014).
        CHECK (CASE
            WHEN starts_with(name, 'creator:') THEN length(name) BETWEEN 9 AND 77 AND substr(name, 9) !~ '[^A-Za-z0-9._:-]'
            WHEN starts_with(name, 'publisher:') THEN length(name) BETWEEN 11 AND 42 AND substr(name, 11) !~ '[^a-z0-9-]'
            WHEN starts_with(name, 'underway:') THEN length(name) BETWEEN 10 AND 78 AND substr(name, 10) !~ '[^A-Za-z0-9._:-]'
            ELSE name IN ('payout', 'underway', 'test:payout', 'test:underway', 'adjustment', 'discarded')
        END),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- One balanced booking. Journals form a chain: journal_hash below covers the hash before, the journal's own columns, and the Merkle root
-- of its postings.
--   settlement   what sealed epochs hold
--   correction   gives a publisher back what it paid a creator
--   payout       a step of payouts: requested, paid or failed
--   adoption     a quarantined epoch that a person decided to pay
--   discard      one that a person decided not to pay: 'adjustment' against 'discarded', for the record. No other balance
--                changes
-- salt: random. It hides each posting from a reader who knows the hashes of the others; see posting_leaf.
-- root: the Merkle root of its postings.
CREATE TABLE journal (
    journal_id bigint NOT NULL CHECK (journal_id >= 1),
    created_at timestamptz NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('settlement', 'correction', 'payout', 'adoption', 'discard')),
    events     bigint NOT NULL CHECK (events >= 0),
    reason     text CHECK (length(reason) BETWEEN 1 AND 500 AND reason !~ '[[:cntrl:]]'),
    salt       bytea NOT NULL CHECK (length(salt) = 32),
    root       bytea NOT NULL CHECK (length(root) = 32),
    prev_hash  bytea NOT NULL CHECK (length(prev_hash) = 32),
    hash       bytea NOT NULL CHECK (length(hash) = 32),
    txid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (created_at, journal_id),
    CHECK ((kind = 'settlement') = (reason IS NULL))    -- whoever books by hand says why
) PARTITION BY RANGE (created_at);

-- A consumer of changes finds a journal by its number alone.
CREATE INDEX journal_number ON journal (journal_id);

-- line: its place in the journal, from 0, and in the Merkle tree; <journal>-<line> names a posting for good.
-- publisher: who pays; '' in a payout. credited: Σ credits of the account by settlements and adoptions, up to and with this posting; so
-- what was credited since a moment is the difference of two rows. A creator has one posting a publisher in a journal. posting_with_its_journal below checks once a statement
-- that journal and account exist. Foreign keys would do it row by row, which at 126,000 postings takes nine times as long
-- (docs/decisions/0005).
CREATE TABLE posting (
    account_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    journal_id bigint NOT NULL,
    line       int NOT NULL CHECK (line >= 0),
    publisher  text COLLATE "C" NOT NULL,
    micros     bigint NOT NULL CHECK (micros <> 0),
    credited   bigint NOT NULL DEFAULT 0 CHECK (credited >= 0),
    PRIMARY KEY (account_id, created_at, journal_id, publisher),
    UNIQUE (created_at, journal_id, line)
) PARTITION BY RANGE (created_at);

-- The last link. A writer locks this row before it writes anything, so that two of them can't deadlock.
CREATE TABLE chain_head (
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    journal_id bigint NOT NULL,
    created_at timestamptz NOT NULL,
    hash       bytea NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO chain_head (journal_id, created_at, hash) VALUES (0, 'epoch', decode(repeat('00', 32), 'hex'));

-- Σ of an account's postings, and of its credits, written in the same transaction. balance_with_its_account below checks that the account exists.
-- The fill factor leaves room for a new version of every row of a page, so that an update leaves the indexes alone.
CREATE TABLE balance (
    account_id bigint PRIMARY KEY,
    micros     bigint NOT NULL,
    journal_id bigint NOT NULL,
    credited   bigint NOT NULL DEFAULT 0 CHECK (credited >= 0)
) WITH (fillfactor = 50);

-- The layout of a journal's hash. What it covers is said here and nowhere else: every column of journal and posting is an argument of
-- journal_text or posting_text, or afterMigrate.sql names why it is not; otherwise no migration ends. Tabs separate the values; no
-- value but the reason, the last one, can hold any.
CREATE FUNCTION journal_text(journal_id bigint, created_at timestamptz, kind text, events bigint, reason text) RETURNS text IMMUTABLE LANGUAGE sql
    RETURN 'v2' || E'\t' || journal_id::text || E'\t' || (extract(epoch FROM created_at) * 1000000)::bigint::text
        || E'\t' || kind || E'\t' || events::text || E'\t' || coalesce(reason, '');

CREATE FUNCTION posting_text(line int, account text, publisher text, micros bigint) RETURNS text IMMUTABLE LANGUAGE sql
    RETURN line::text || E'\t' || account || E'\t' || publisher || E'\t' || micros::text;

-- The hash of a leaf, RFC 9162, 2.1.1: SHA-256 of 00, then the data: the posting's own salt, and its text. That salt is derived, so it
-- can be shown together with one posting, and tells nothing about the other salts.
CREATE FUNCTION posting_leaf(salt bytea, line int, content text) RETURNS bytea IMMUTABLE LANGUAGE sql
    RETURN sha256('\x00'::bytea || sha256(salt || int4send(line)) || convert_to(content, 'UTF8'));

-- The root of the Merkle tree of RFC 9162, 2.1.1, over leaf hashes that come in the order of their lines, from 0. The state is a stack
-- of the roots of complete subtrees, the smallest first: as many as the number of leaves so far has bits set.
CREATE FUNCTION merkle_add(stack bytea, line bigint, leaf bytea) RETURNS bytea IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    WHILE line & 1 = 1 LOOP
        leaf := sha256('\x01'::bytea || substr(stack, 1, 32) || leaf);
        stack := substr(stack, 33);
        line := line >> 1;
    END LOOP;
    RETURN leaf || stack;
END
$$;
CREATE FUNCTION merkle_end(stack bytea) RETURNS bytea IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
    root bytea := substr(stack, 1, 32);
BEGIN
    FOR place IN 1 .. length(stack) / 32 - 1 LOOP
        root := sha256('\x01'::bytea || substr(stack, place * 32 + 1, 32) || root);
    END LOOP;
    RETURN root;
END
$$;
CREATE AGGREGATE merkle_root(line bigint, leaf bytea) (SFUNC = merkle_add, STYPE = bytea, INITCOND = '', FINALFUNC = merkle_end);

CREATE FUNCTION journal_hash(prev_hash bytea, root bytea, content text) RETURNS bytea IMMUTABLE LANGUAGE sql
    RETURN sha256(prev_hash || root || convert_to(content, 'UTF8'));

-- A journal balances, and no journal stands outside of the chain. Checked at commit, once a journal, whoever writes; or earlier where a
-- session asks for it, and then it only holds once the head is at the journal. So a transaction adds one journal, and closes it.
CREATE FUNCTION journal_must_balance() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    lines bigint;
    total numeric;
BEGIN
    SELECT count(*), coalesce(sum(micros), 0) INTO lines, total
    FROM posting WHERE created_at = NEW.created_at AND journal_id = NEW.journal_id;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'journal % has % postings that sum to % micros; it takes at least two that sum to zero',
            NEW.journal_id, lines, total USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM chain_head h
        WHERE h.journal_id = NEW.journal_id AND h.created_at = NEW.created_at AND h.hash = NEW.hash)
    THEN
        RAISE EXCEPTION 'journal % is not the head of the chain: a transaction adds one journal, and moves the head to it',
            NEW.journal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER journal_must_balance AFTER INSERT ON journal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_must_balance();

-- The head moves by one, to the journal that this transaction adds behind the last one.
CREATE FUNCTION head_moves_to_the_next() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.journal_id <> OLD.journal_id + 1 OR NOT EXISTS (
        SELECT FROM journal j
        WHERE j.created_at = NEW.created_at AND j.journal_id = NEW.journal_id AND j.hash = NEW.hash AND j.prev_hash = OLD.hash
          AND j.txid = pg_current_xact_id())
    THEN
        RAISE EXCEPTION 'the chain can''t move from journal % to %: only to the next one, added by this transaction with the hash before it',
            OLD.journal_id, NEW.journal_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER head_moves_to_the_next AFTER UPDATE ON chain_head FOR EACH ROW EXECUTE FUNCTION head_moves_to_the_next();

-- The check above runs for the transaction that inserts the journal, so no other may add to it, and nothing is added once the head has
-- moved to it. The few journals and publishers of a statement are found out once.
CREATE FUNCTION posting_with_its_journal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    stranger bigint;
    closed   bigint;
    nobody   text;
BEGIN
    WITH kinds AS MATERIALIZED (SELECT DISTINCT created_at, journal_id, publisher FROM inserted)
    SELECT (SELECT k.journal_id FROM kinds k LEFT JOIN journal j USING (created_at, journal_id)
            WHERE j.txid IS DISTINCT FROM pg_current_xact_id() LIMIT 1),
           (SELECT k.journal_id FROM kinds k JOIN chain_head h ON k.journal_id <= h.journal_id LIMIT 1),
           (SELECT k.publisher FROM kinds k JOIN journal j USING (created_at, journal_id)
            WHERE CASE j.kind WHEN 'payout' THEN k.publisher <> '' ELSE k.publisher !~ '^[a-z0-9-]{1,32}$' END LIMIT 1)
    INTO stranger, closed, nobody;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'journal % is not of this transaction: nothing can be added to it; a correction is a new journal',
            stranger USING ERRCODE = 'check_violation';
    END IF;
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'journal % is closed: its postings are added before the head of the chain moves to it',
            closed USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.account_id INTO stranger
    FROM inserted p LEFT JOIN account a USING (account_id)
    WHERE a.account_id IS NULL
    LIMIT 1;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'account % does not exist', stranger USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF nobody IS NOT NULL THEN
        RAISE EXCEPTION '''%'' is no publisher of this journal', nobody USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER posting_with_its_journal AFTER INSERT ON posting
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION posting_with_its_journal();

-- Accounts are never deleted, so a balance that had one when it was inserted has one.
CREATE FUNCTION balance_with_its_account() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    stranger bigint;
BEGIN
    SELECT b.account_id INTO stranger
    FROM inserted b LEFT JOIN account a USING (account_id)
    WHERE a.account_id IS NULL
    LIMIT 1;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'account % does not exist', stranger USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER balance_with_its_account AFTER INSERT ON balance
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION balance_with_its_account();
CREATE FUNCTION balance_stays_with_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'balance of account % can''t become that of account %', OLD.account_id, NEW.account_id
        USING ERRCODE = 'foreign_key_violation';
END
$$;
CREATE TRIGGER balance_stays_with_its_account BEFORE UPDATE OF account_id ON balance
    FOR EACH ROW WHEN (OLD.account_id IS DISTINCT FROM NEW.account_id) EXECUTE FUNCTION balance_stays_with_its_account();

-- Books the next journal: the one way in which anything is posted. It reads the caller's temporary table owed (name, publisher, micros), a row a
-- posting and the names of other accounts that are needed with 0 micros; their sum is zero. Locks the head of the chain, so two writers
-- follow each other; opens the accounts that are missing; works set by set in the order of accounts. Nothing is booked where nothing is owed.
--
-- number: the journal's, null where nothing is owed. written: rows written.
CREATE FUNCTION book(the_kind text, the_events bigint, the_reason text, OUT number bigint, OUT written bigint)
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    head    chain_head;
    at      timestamptz;
    counted bigint;
BEGIN
    SELECT * INTO head FROM chain_head FOR UPDATE;
    INSERT INTO account (name)
    SELECT DISTINCT o.name FROM pg_temp.owed o WHERE NOT EXISTS (SELECT FROM account a WHERE a.name = o.name) ORDER BY 1;
    GET DIAGNOSTICS written = ROW_COUNT;

    CREATE TEMP TABLE booked ON COMMIT DROP AS
    SELECT (row_number() OVER (ORDER BY o.name COLLATE "C", o.publisher COLLATE "C") - 1)::int AS line,
           a.account_id, o.name, o.publisher, o.micros,
           coalesce(b.credited, 0) + (sum(CASE WHEN the_kind IN ('settlement', 'adoption') THEN greatest(o.micros, 0) ELSE 0 END)
               OVER (PARTITION BY o.name COLLATE "C" ORDER BY o.publisher COLLATE "C"))::bigint AS credited
    FROM pg_temp.owed o JOIN account a USING (name) LEFT JOIN balance b USING (account_id)
    WHERE o.micros <> 0;
    GET DIAGNOSTICS counted = ROW_COUNT;
    IF counted = 0 THEN
        RETURN;
    END IF;

    -- The time never runs backwards along the chain.
    number := head.journal_id + 1;
    at := greatest(clock_timestamp(), head.created_at + interval '1 microsecond');
    WITH salted AS MATERIALIZED (
        SELECT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS salt
    ), rooted AS MATERIALIZED (
        SELECT salt, (SELECT merkle_root(line, posting_leaf(salt, line, posting_text(line, name, publisher, micros)) ORDER BY line)
                      FROM pg_temp.booked) AS root
        FROM salted
    )
    INSERT INTO journal (journal_id, created_at, kind, events, reason, salt, root, prev_hash, hash)
    SELECT number, at, the_kind, the_events, the_reason, salt, root, head.hash,
           journal_hash(head.hash, root, journal_text(number, at, the_kind, the_events, the_reason))
    FROM rooted;
    INSERT INTO posting (account_id, created_at, journal_id, line, publisher, micros, credited)
    SELECT account_id, at, number, line, publisher, micros, credited FROM pg_temp.booked ORDER BY account_id, publisher;

    -- The journal is complete. From here on the database takes no more postings for it.
    UPDATE chain_head h SET journal_id = j.journal_id, created_at = j.created_at, hash = j.hash
    FROM journal j
    WHERE j.created_at = at AND j.journal_id = number;

    INSERT INTO balance (account_id, micros, credited, journal_id)
    SELECT account_id, sum(micros)::bigint, max(credited), number FROM pg_temp.booked GROUP BY account_id ORDER BY account_id
    ON CONFLICT (account_id) DO UPDATE
    SET micros = balance.micros + excluded.micros, credited = excluded.credited, journal_id = excluded.journal_id;
    written := written + 2 + counted + (SELECT count(DISTINCT account_id) FROM pg_temp.booked);
END
$$;
GRANT EXECUTE ON FUNCTION book(text, bigint, text) TO millrace_settler;

-- Not even the owner changes what is booked.
CREATE FUNCTION entries_are_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: entries are never changed; a correction is a new journal', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
-- By row: such triggers reach the months' partitions too. TRUNCATE knows no rows, so ensure_months gives each month its own trigger.
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON posting FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();
-- The same holds for accounts and for the head of the chain.
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON account FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON account FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_are_final BEFORE DELETE ON chain_head FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON chain_head FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();

---------------------------------------------------------------------------------------------------- settlement

-- How far each partition of Redis is settled. A worker owns a partition while it holds the lock on its row.
CREATE TABLE partition_cursor (
    partition      smallint PRIMARY KEY CHECK (partition BETWEEN 0 AND 15),
    settled_epoch  bigint NOT NULL DEFAULT 0 CHECK (settled_epoch >= 0),
    settled_micros bigint NOT NULL DEFAULT 0 CHECK (settled_micros >= 0),   -- since the beginning
    settled_events bigint NOT NULL DEFAULT 0 CHECK (settled_events >= 0),
    sealed_at      timestamptz NOT NULL DEFAULT now(),  -- when Redis sealed settled_epoch
    settled_at     timestamptz NOT NULL DEFAULT 'epoch',
    released_epoch bigint NOT NULL DEFAULT 0 CHECK (released_epoch <= settled_epoch),
    lineage        bigint NOT NULL DEFAULT 0 CHECK (lineage >= 0),  -- of the counters that may count; 0: never opened
    issued_lineage bigint NOT NULL DEFAULT 0,           -- the highest number given for a lineage; none is given twice
    halted         text                                 -- why this partition is left out, or null
) WITH (fillfactor = 50);
INSERT INTO partition_cursor (partition) SELECT generate_series(0, 15);

-- What was settled when: which epochs may be released, and each one's totals for later checks.
CREATE TABLE settled_epoch (
    partition  smallint NOT NULL CHECK (partition BETWEEN 0 AND 15),
    epoch      bigint NOT NULL CHECK (epoch >= 1),
    settled_at timestamptz NOT NULL,
    sealed_at  timestamptz NOT NULL,
    micros     bigint NOT NULL CHECK (micros >= 0),
    events     bigint NOT NULL CHECK (events >= 0),
    journal_id bigint,                                  -- null: nothing to book
    PRIMARY KEY (partition, epoch, settled_at)
) PARTITION BY RANGE (settled_at);

-- The cursor moves forward only, over epochs that this database notes as settled one by one, with what they held. So a worker
-- that reads an epoch twice is refused, and so is an edit by hand. A restored database has cursors and notes alike.
CREATE FUNCTION cursor_follows_epochs() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    noted record;
BEGIN
    SELECT count(*) AS epochs, count(DISTINCT epoch) AS different, coalesce(max(epoch), OLD.settled_epoch) AS last,
           coalesce(sum(micros), 0) AS micros, coalesce(sum(events), 0) AS events
    INTO noted
    FROM settled_epoch WHERE partition = NEW.partition AND epoch > OLD.settled_epoch;
    IF NEW.partition <> OLD.partition OR noted.last <> NEW.settled_epoch
        OR noted.epochs <> NEW.settled_epoch - OLD.settled_epoch OR noted.different <> noted.epochs
        OR noted.micros <> NEW.settled_micros - OLD.settled_micros OR noted.events <> NEW.settled_events - OLD.settled_events
    THEN
        RAISE EXCEPTION 'partition %: the cursor can not go from epoch % (% micros) to % (%): % epochs up to % with % micros are noted beyond it',
            OLD.partition, OLD.settled_epoch, OLD.settled_micros, NEW.settled_epoch, NEW.settled_micros, noted.epochs, noted.last, noted.micros
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER cursor_follows_epochs AFTER UPDATE OF partition, settled_epoch, settled_micros, settled_events ON partition_cursor
    FOR EACH ROW EXECUTE FUNCTION cursor_follows_epochs();
CREATE TRIGGER cursors_stay BEFORE DELETE OR TRUNCATE ON partition_cursor
    FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();

-- An epoch is noted in the transaction that moves the cursor over it. A note alone would stop its partition for good.
CREATE FUNCTION epoch_moves_the_cursor() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM partition_cursor c WHERE c.partition = NEW.partition AND c.settled_epoch >= NEW.epoch) THEN
        RAISE EXCEPTION 'partition %: epoch % is noted as settled, but the cursor is not moved to it',
            NEW.partition, NEW.epoch USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER epoch_moves_the_cursor AFTER INSERT ON settled_epoch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION epoch_moves_the_cursor();

-- Where each opening of a partition's counters began: the first one, and those after something was lost. A lineage that only follows
-- another process of Redis has no row. Numbers of epochs are used again after a loss, so what a copy of Redis holds is judged by the
-- lineage it was counted in: its epoch n was settled if, and only if, the next opening began beyond n.
CREATE TABLE partition_opening (
    partition   smallint NOT NULL REFERENCES partition_cursor,
    lineage     bigint NOT NULL CHECK (lineage >= 1),
    first_epoch bigint NOT NULL CHECK (first_epoch >= 1),
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (partition, lineage)
);

-- What a person decided of an epoch that was set aside. In the transaction of its journal, so that no epoch is adopted twice.
-- origin: where it was counted, <partition>:<lineage>:<epoch>. Two copies of one Redis hold the same epochs, and each is paid once.
-- Null where nothing was paid.
CREATE TABLE quarantine_decision (
    name       text COLLATE "C" PRIMARY KEY,            -- of the earnings in Redis: {pNN…}:quarantine:<lineage>:earn:<epoch>
    decision   text NOT NULL CHECK (decision IN ('adopted', 'discarded')),
    micros     bigint NOT NULL CHECK (micros >= 0),
    events     bigint NOT NULL CHECK (events >= 0),
    journal_id bigint,                                  -- null: there was no money in it
    reason     text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500 AND reason !~ '[[:cntrl:]]'),
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    origin     text COLLATE "C" UNIQUE
        CHECK (origin IS NULL OR decision = 'adopted' AND origin ~ '^[0-9]{1,2}:[0-9]{1,18}:[0-9]{1,18}$'),
    CHECK (name ~ '^\{p(0[0-9]|1[0-5])[a-z]{0,4}\}:quarantine:[0-9]{1,18}:earn:[0-9]{1,18}$')
);

CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON settled_epoch FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON settled_epoch FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON partition_opening FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON partition_opening FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON quarantine_decision FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON quarantine_decision FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();

-- Engagement by day (UTC, of the seal; of an adoption, of the decision). Σ units × rate of a settlement = its micros.
CREATE TABLE engagement (
    day          date NOT NULL,
    creator      text COLLATE "C" NOT NULL CHECK (length(creator) BETWEEN 1 AND 69 AND creator !~ '[^A-Za-z0-9._:-]'),
    publisher    text COLLATE "C" NOT NULL CHECK (length(publisher) BETWEEN 1 AND 32 AND publisher !~ '[^a-z0-9-]'),
    article      text COLLATE "C" NOT NULL CHECK (length(article) BETWEEN 1 AND 128),
    type         text COLLATE "C" NOT NULL,
    rate_version int NOT NULL,
    units        bigint NOT NULL CHECK (units >= 0),
    micros       bigint NOT NULL CHECK (micros >= 0),
    PRIMARY KEY (creator, day, publisher, article, type, rate_version)
) PARTITION BY RANGE (day);

-- Units that were no reader's, by the filter that found them: not paid. micros: what they would have cost.
CREATE TABLE filtered (
    day          date NOT NULL,
    creator      text COLLATE "C" NOT NULL CHECK (length(creator) BETWEEN 1 AND 69 AND creator !~ '[^A-Za-z0-9._:-]'),
    publisher    text COLLATE "C" NOT NULL CHECK (length(publisher) BETWEEN 1 AND 32 AND publisher !~ '[^a-z0-9-]'),
    article      text COLLATE "C" NOT NULL CHECK (length(article) BETWEEN 1 AND 128),
    reason       text COLLATE "C" NOT NULL CHECK (reason ~ '^[a-z]{1,16}$'),
    type         text COLLATE "C" NOT NULL,
    rate_version int NOT NULL,
    units        bigint NOT NULL CHECK (units >= 0),
    micros       bigint NOT NULL CHECK (micros >= 0),
    PRIMARY KEY (creator, day, publisher, article, reason, type, rate_version)
) PARTITION BY RANGE (day);
CREATE INDEX filtered_publisher ON filtered (publisher, day);

-- From where readers came to an article, and the visits that began there. source: empty where it is not known.
-- views: those with a source. sessions: visits that began. session_views, read_seconds: of visitors who are known.
CREATE TABLE visits (
    day           date NOT NULL,
    creator       text COLLATE "C" NOT NULL CHECK (length(creator) BETWEEN 1 AND 69 AND creator !~ '[^A-Za-z0-9._:-]'),
    publisher     text COLLATE "C" NOT NULL CHECK (length(publisher) BETWEEN 1 AND 32 AND publisher !~ '[^a-z0-9-]'),
    article       text COLLATE "C" NOT NULL CHECK (length(article) BETWEEN 1 AND 128),
    source        text COLLATE "C" NOT NULL CHECK (source ~ '^[a-z]{0,16}$'),
    views         bigint NOT NULL CHECK (views >= 0),
    sessions      bigint NOT NULL CHECK (sessions >= 0),
    session_views bigint NOT NULL CHECK (session_views >= 0),
    read_seconds  bigint NOT NULL CHECK (read_seconds >= 0),
    PRIMARY KEY (creator, day, publisher, article, source)
) PARTITION BY RANGE (day);

-- How many of a publisher's events met each verdict in an hour of Redis' clock: accepted, duplicate, filtered:<reason>, rejected:<code>. For people:
-- no money is computed of it. A worker writes it from Redis, the same rows again and again while the hour lasts.
CREATE TABLE verdicts (
    publisher text COLLATE "C" NOT NULL CHECK (length(publisher) BETWEEN 1 AND 32 AND publisher !~ '[^a-z0-9-]'),
    hour      timestamptz NOT NULL CHECK (extract(epoch FROM hour)::bigint % 3600 = 0),
    verdict   text COLLATE "C" NOT NULL CHECK (verdict ~ '^(accepted|duplicate|(filtered|rejected):[a-z-]{1,40})$'),
    events    bigint NOT NULL CHECK (events > 0),
    PRIMARY KEY (publisher, hour, verdict)
) PARTITION BY RANGE (hour);

-- What an article has earned in all, and with how many units of each type: the score that a feed ranks by.
-- journal_id: the last journal that changed it. Journals are numbered without gaps and commit in that order, so a consumer that asks for
-- what changed after the last number it has seen misses nothing.
CREATE TABLE article_score (
    publisher    text COLLATE "C" NOT NULL,
    article      text COLLATE "C" NOT NULL,
    creator      text COLLATE "C" NOT NULL,
    micros       bigint NOT NULL CHECK (micros >= 0),
    settled_at   timestamptz NOT NULL,
    journal_id   bigint NOT NULL,
    view         bigint NOT NULL DEFAULT 0 CHECK (view >= 0),
    read         bigint NOT NULL DEFAULT 0 CHECK (read >= 0),
    scroll       bigint NOT NULL DEFAULT 0 CHECK (scroll >= 0),
    reaction     bigint NOT NULL DEFAULT 0 CHECK (reaction >= 0),
    comment      bigint NOT NULL DEFAULT 0 CHECK (comment >= 0),
    search_visit bigint NOT NULL DEFAULT 0 CHECK (search_visit >= 0),
    PRIMARY KEY (publisher, article, creator)
) WITH (fillfactor = 50);
CREATE INDEX article_score_changed ON article_score (journal_id, publisher, article, creator);

---------------------------------------------------------------------------------------------------- months

-- Tables that grow with time have a partition a month. Services may call this; they may not create tables themselves.
-- It takes no lock when nothing is missing, and gives up after two seconds where readers are in its way. Attaching a month
-- waits for nobody who reads or writes the others. Engagement has the room that balance has.
CREATE FUNCTION ensure_months(first_day date, months int) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    parent text;
    month  date;
    name   text;
BEGIN
    IF months NOT BETWEEN 1 AND 24 OR first_day NOT BETWEEN current_date - 800 AND current_date + 400 THEN
        RAISE EXCEPTION '% months from % on are not 1 to 24 near today', months, first_day;
    END IF;
    FOR i IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_day) + make_interval(months => i))::date;
        FOREACH parent IN ARRAY ARRAY ['journal', 'posting', 'settled_epoch', 'engagement', 'filtered', 'visits', 'verdicts'] LOOP
            name := format('%s_%s', parent, to_char(month, 'YYYY_MM'));
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            PERFORM pg_advisory_xact_lock(hashtext('millrace.ensure_months'));
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)%s', name, parent,
                CASE WHEN parent IN ('engagement', 'filtered', 'visits', 'verdicts') THEN ' WITH (fillfactor = 50)' ELSE '' END);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                month_bound(parent, month), month_bound(parent, (month + interval '1 month')::date));
            IF parent NOT IN ('engagement', 'filtered', 'visits', 'verdicts') THEN
                EXECUTE format('CREATE TRIGGER entries_stay BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final()', name);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- Months are UTC's.
CREATE FUNCTION month_bound(parent text, month date) RETURNS text IMMUTABLE LANGUAGE sql
    RETURN CASE WHEN parent IN ('engagement', 'filtered', 'visits') THEN month::text ELSE month::text || ' 00:00:00+00' END;

SELECT ensure_months(current_date - 31, 4);

---------------------------------------------------------------------------------------------------- who may do what

GRANT SELECT, INSERT ON account, journal, posting, settled_epoch, partition_opening, quarantine_decision TO millrace_settler;
GRANT SELECT, INSERT, UPDATE ON balance, engagement, filtered, visits, verdicts, article_score TO millrace_settler;
GRANT SELECT, UPDATE ON chain_head, partition_cursor TO millrace_settler;
GRANT SELECT ON publisher, publisher_key, rate_card, rate, catalog_revision TO millrace_settler;
GRANT EXECUTE ON FUNCTION ensure_months(date, int) TO millrace_settler;
-- These read nothing but their arguments.
GRANT EXECUTE ON FUNCTION price, journal_text, posting_text, posting_leaf, merkle_add, merkle_end, merkle_root, journal_hash, month_bound
    TO millrace_settler, millrace_ledger, millrace_reader;

-- Temporary tables are for who books.
DO $$
BEGIN
    EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT TEMP ON DATABASE %I TO millrace_settler', current_database());
END
$$;

GRANT SELECT ON account, journal, posting, balance, settled_epoch, partition_opening, quarantine_decision, engagement, filtered, visits, verdicts, article_score, chain_head, partition_cursor,
    publisher, publisher_key, rate_card, rate, catalog_revision TO millrace_ledger;
GRANT SELECT ON account, journal, posting, balance, settled_epoch, partition_opening, quarantine_decision, engagement, filtered, visits, verdicts, article_score, chain_head, partition_cursor,
    publisher, publisher_key, rate_card, rate, catalog_revision TO millrace_reader;
GRANT INSERT ON publisher, publisher_key, rate_card, rate TO millrace_ledger;
GRANT UPDATE (revoked_at) ON publisher_key TO millrace_ledger;
