-- Roles of the three services. Run once by a superuser, before the first migration; running it again changes nothing.
--
--   millrace_settler  what settlement-worker may do   (group; the grants are in the migrations)
--   millrace_ledger   what ledger-service may do      (group)
--   settler, ledger   the logins of the two services, members of their group and of nothing else
--
-- The logins get their passwords from whoever runs this: ALTER ROLE settler PASSWORD '…'.
DO $$
DECLARE
    service record;
BEGIN
    FOR service IN
        SELECT * FROM (VALUES ('millrace_settler', 'settler'), ('millrace_ledger', 'ledger')) AS s (grp, login)
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
