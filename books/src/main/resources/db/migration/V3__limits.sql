-- What a publisher may do, what it has spent, and prices of its own.

---------------------------------------------------------------------------------------------------- limits

-- until: when the suspension ends by itself. A limit that is null is none. Money in micros.
-- page_tokens: whether its page tokens count; sites: the origins they count for, as browsers send them. filters_off: names of filters.
-- corrected: micros that corrections have given back since the beginning; the budget in all is raised by it.
ALTER TABLE publisher
    ADD state                text COLLATE "C" NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    ADD until                timestamptz,
    ADD reason               text,
    ADD budget_day           bigint,
    ADD budget_total         bigint,
    ADD events_per_second    int,
    ADD creators             text COLLATE "C" NOT NULL DEFAULT 'any' CHECK (creators IN ('any', 'listed')),
    ADD new_creators_per_day int,
    ADD new_articles_per_day int,
    ADD page_tokens          boolean NOT NULL DEFAULT false,
    ADD sites                text[] COLLATE "C" NOT NULL DEFAULT '{}',
    ADD filters_off          text[] COLLATE "C" NOT NULL DEFAULT '{}'
        CHECK (filters_off <@ ARRAY ['robot', 'preview', 'prefetch', 'automation', 'datacenter', 'rate', 'self']
            AND cardinality(filters_off) <= 7 AND array_ndims(filters_off) = 1),
    ADD corrected            bigint NOT NULL DEFAULT 0 CHECK (corrected >= 0),
    ADD CONSTRAINT publisher_limits_are_not_negative
        CHECK (least(budget_day, budget_total, events_per_second, new_creators_per_day, new_articles_per_day) >= 0),
    ADD CONSTRAINT publisher_sites_are_origins
        CHECK (array_ndims(sites) = 1 AND cardinality(sites) <= 100 AND array_position(sites, NULL) IS NULL AND '' <> ALL (sites)
            AND array_to_string(sites, ' ') ~ '^(https?://[a-z0-9._-]{1,253}(:[1-9][0-9]{0,4})?( |$))*$'),
    ADD CONSTRAINT publisher_suspension_has_a_reason
        CHECK ((state = 'suspended') = (reason IS NOT NULL) AND (state = 'suspended' OR until IS NULL)
            AND length(reason) BETWEEN 1 AND 500 AND reason !~ '[[:cntrl:]]');

-- The only creators that a publisher may pay, where it keeps a list.
CREATE TABLE publisher_creator (
    publisher text COLLATE "C" NOT NULL REFERENCES publisher,
    creator   text COLLATE "C" NOT NULL CHECK (length(creator) BETWEEN 1 AND 69 AND creator !~ '[^A-Za-z0-9._:-]'),
    listed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (publisher, creator)
);
CREATE TRIGGER catalog_changed AFTER INSERT OR UPDATE OR DELETE ON publisher_creator
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_changed();

---------------------------------------------------------------------------------------------------- prices

-- A card without a publisher is everybody's. Two cards of one owner never begin at the same second.
ALTER TABLE rate_card
    ADD publisher text COLLATE "C" REFERENCES publisher,
    DROP CONSTRAINT rate_card_effective_at_key,
    ADD CONSTRAINT rate_card_begins_alone UNIQUE NULLS NOT DISTINCT (publisher, effective_at);

---------------------------------------------------------------------------------------------------- spent

-- What was settled of a publisher's events, by partition of Redis and by day (UTC, by Redis' clock as they were counted).
-- Day '-infinity' has the sum of all days.
CREATE TABLE publisher_spent (
    partition    smallint NOT NULL REFERENCES partition_cursor,
    publisher    text COLLATE "C" NOT NULL REFERENCES publisher,
    day          date NOT NULL,
    micros       bigint NOT NULL CHECK (micros >= 0),
    PRIMARY KEY (partition, day, publisher)
) WITH (fillfactor = 50);

---------------------------------------------------------------------------------------------------- who may do what

GRANT SELECT ON publisher_creator, publisher_spent TO millrace_settler, millrace_ledger, millrace_reader;
GRANT INSERT, UPDATE ON publisher_spent TO millrace_settler;
GRANT INSERT, DELETE ON publisher_creator TO millrace_ledger;
REVOKE INSERT ON publisher FROM millrace_ledger;
GRANT INSERT (publisher) ON publisher TO millrace_ledger;
GRANT UPDATE (state, until, reason, budget_day, budget_total, events_per_second, creators, new_creators_per_day, new_articles_per_day,
              page_tokens, sites, filters_off)
    ON publisher TO millrace_ledger;
