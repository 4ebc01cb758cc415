-- Roles of the services, and of whoever compares the ledger with the counters. Run once by a superuser, before the first migration; running it again changes nothing.
--
--   millrace_settler  what settlement-worker may do   (group; the grants are in the migrations)
--   millrace_ledger   what ledger-service may do      (group)
--   millrace_reader   what `reconcile` may do while it only compares: read all of it, change nothing (group)
--   settler, ledger, reader   their logins, members of their group and of nothing else
--
-- The logins get their passwords from whoever runs this: ALTER ROLE settler PASSWORD '…'.
DO $$
DECLARE
    service record;
BEGIN
    FOR service IN
        SELECT * FROM (VALUES ('millrace_settler', 'settler'), ('millrace_ledger', 'ledger'), ('millrace_reader', 'reader')) AS s (grp, login)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service.grp) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', service.grp);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = service.login) THEN
            EXECUTE format('CREATE ROLE %I LOGIN IN ROLE %I', service.login, service.grp);
        END IF;
    END LOOP;
END
$$;
