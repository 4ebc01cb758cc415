-- Which master key made a secret, when a key ends, and rate cards that can be withdrawn before they are in force.

---------------------------------------------------------------------------------------------------- keys

-- master_version: of the master key that the secret is derived from. expires_at: from this second on the key signs nothing.
ALTER TABLE publisher_key
    ADD master_version int NOT NULL DEFAULT 1 CHECK (master_version BETWEEN 1 AND 999999999),
    ADD expires_at     timestamptz CHECK (expires_at = date_trunc('second', expires_at));

---------------------------------------------------------------------------------------------------- prices

-- A card that is withdrawn stays for the record and is never in force. Its second is free for another one.
ALTER TABLE rate_card
    ADD withdrawn_at timestamptz,
    DROP CONSTRAINT rate_card_begins_alone;
CREATE UNIQUE INDEX rate_card_begins_alone ON rate_card (publisher, effective_at) NULLS NOT DISTINCT WHERE withdrawn_at IS NULL;

-- A price is known before it is in force, whoever adds it, and what was in force stays as it was.
CREATE FUNCTION card_begins_in_the_future() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.version, NEW.effective_at, NEW.created_at, NEW.publisher)
            IS DISTINCT FROM (OLD.version, OLD.effective_at, OLD.created_at, OLD.publisher) THEN
        RAISE EXCEPTION 'rate card % can only be withdrawn, not changed', OLD.version USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.effective_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'rate card % would begin at %, which is not in the future', NEW.version, NEW.effective_at
            USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'rate card % is withdrawn for good', OLD.version USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER card_begins_in_the_future BEFORE INSERT OR UPDATE ON rate_card FOR EACH ROW EXECUTE FUNCTION card_begins_in_the_future();

-- The same once more at commit: until then nobody sees the card, or that it is withdrawn.
CREATE FUNCTION card_is_known_before_it_begins() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.effective_at <= clock_timestamp() THEN
        RAISE EXCEPTION 'rate card % would begin at %, before anybody knew', NEW.version, NEW.effective_at USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER card_is_known_before_it_begins AFTER INSERT OR UPDATE ON rate_card
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION card_is_known_before_it_begins();

-- A card gets its prices before it begins. Only the owner adds a price later: that of a new type, by a migration.
CREATE FUNCTION price_is_set_before() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'a price is never changed; a new price is a new card' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM rate_card c WHERE c.version = NEW.version AND c.effective_at <= clock_timestamp())
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = 'rate'::regclass AND pg_has_role(relowner, 'MEMBER'))
    THEN
        RAISE EXCEPTION 'rate card % is in force; a new price is a new card', NEW.version USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER price_is_set_before BEFORE INSERT OR UPDATE OR DELETE ON rate FOR EACH ROW EXECUTE FUNCTION price_is_set_before();
CREATE TRIGGER entries_are_final BEFORE DELETE ON rate_card FOR EACH ROW EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON rate_card FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON rate FOR EACH STATEMENT EXECUTE FUNCTION entries_are_final();

---------------------------------------------------------------------------------------------------- who may do what

GRANT UPDATE (withdrawn_at) ON rate_card TO millrace_ledger;

-- ledger-service compares what was migrated with what it needs.
GRANT SELECT (version, success) ON flyway_schema_history TO millrace_ledger;
