-- A journal is complete before the chain's head moves to it, and closed from then on. In V1 a check that was asked for early
-- (SET CONSTRAINTS … IMMEDIATE) was used up, and a posting could follow it.

-- Checked at commit, or whenever a session asks for it before: it can only hold once the head is at the journal.
CREATE OR REPLACE FUNCTION journal_must_balance() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
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
DROP TRIGGER journal_must_be_the_head ON journal;
DROP FUNCTION journal_must_be_the_head();

CREATE OR REPLACE FUNCTION posting_with_its_journal() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    stranger bigint;
    nobody   text;
BEGIN
    SELECT p.journal_id INTO stranger
    FROM (SELECT DISTINCT created_at, journal_id FROM inserted) p
    LEFT JOIN journal j USING (created_at, journal_id)
    WHERE j.txid IS DISTINCT FROM pg_current_xact_id()
    LIMIT 1;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'journal % is not of this transaction: nothing can be added to it; a correction is a new journal',
            stranger USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.journal_id INTO stranger
    FROM (SELECT DISTINCT journal_id FROM inserted) p JOIN chain_head h ON p.journal_id <= h.journal_id
    LIMIT 1;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'journal % is closed: its postings are added before the head of the chain moves to it',
            stranger USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.account_id INTO stranger
    FROM inserted p LEFT JOIN account a USING (account_id)
    WHERE a.account_id IS NULL
    LIMIT 1;
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'account % does not exist', stranger USING ERRCODE = 'foreign_key_violation';
    END IF;
    SELECT p.publisher INTO nobody
    FROM (SELECT DISTINCT publisher FROM inserted) p
    WHERE p.publisher !~ '^[a-z0-9-]{1,32}$'
    LIMIT 1;
    IF nobody IS NOT NULL THEN
        RAISE EXCEPTION '''%'' is no publisher', nobody USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;

-- An epoch is noted with the cursor that moves over it: a note that stood alone would stop its partition for good.
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

---------------------------------------------------------------------------------------------------- openings

-- Where each opening of a partition's counters began. Numbers of epochs are used again after a loss, so what a copy of Redis
-- holds is judged by the opening it comes from: its epoch n was settled if, and only if, the next opening began beyond n.
CREATE TABLE partition_opening (
    partition   smallint NOT NULL REFERENCES partition_cursor,
    opening     bigint NOT NULL CHECK (opening >= 1),
    first_epoch bigint NOT NULL CHECK (first_epoch >= 1),
    opened_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (partition, opening)
);
CREATE TRIGGER entries_are_final BEFORE UPDATE OR DELETE ON partition_opening FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON partition_opening FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();

-- Two copies of one Redis hold the same epochs: origin is where a hash was counted, <partition>:<opening>:<epoch>, and is
-- paid once. Null where nothing was paid, and for what was decided before this column.
ALTER TABLE quarantine_decision ADD COLUMN origin text COLLATE "C" UNIQUE
    CHECK (origin IS NULL OR decision = 'adopted' AND origin ~ '^[0-9]{1,2}:[0-9]{1,18}:[0-9]{1,18}$');

GRANT SELECT, INSERT ON partition_opening TO millrace_settler;
GRANT SELECT ON partition_opening TO millrace_ledger, millrace_reader;
