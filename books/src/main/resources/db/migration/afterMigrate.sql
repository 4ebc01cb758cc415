-- Runs after every migration: a column of journal or posting that no hash covers must not get into any database.
DO $$
DECLARE
    stranger text;
BEGIN
    WITH hashed AS (
        SELECT proname, unnest(proargnames) AS argument FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proname IN ('journal_text', 'posting_text')
    ), stored AS (
        SELECT attrelid::regclass::text AS relation, attname::text AS name FROM pg_attribute
        WHERE attrelid IN ('public.journal'::regclass, 'public.posting'::regclass) AND attnum > 0 AND NOT attisdropped
    )
    SELECT string_agg(relation || '.' || name, ', ' ORDER BY relation, name) INTO stranger
    FROM stored
    WHERE NOT EXISTS (SELECT FROM hashed WHERE proname = relation || '_text' AND argument = name)
      AND (relation, name) NOT IN (
        ('journal', 'salt'), ('journal', 'root'),           -- the root is hashed beside the text; the salt shapes the root
        ('journal', 'prev_hash'), ('journal', 'hash'),      -- the link itself
        ('journal', 'txid'),                                -- of the database alone
        ('posting', 'account_id'),                          -- as the account's name
        ('posting', 'credited'),                            -- a sum of other postings; reconcile compares it
        ('posting', 'created_at'), ('posting', 'journal_id'));  -- the journal's
    IF stranger IS NOT NULL THEN
        RAISE EXCEPTION 'the journal''s hash does not cover %: add it to journal_text or posting_text', stranger;
    END IF;
END
$$;
