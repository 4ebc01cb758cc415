#!/usr/bin/env bash
# Second step of a new Postgres, after roles.sql: passwords for the services' two logins and the reader's, and the owner of the
# database, who runs the migrations. The image runs it once, on an empty volume, over its local socket.
# Passwords come from the environment (psql's \getenv), so that none shows up in a process list.
set -euo pipefail

: "${SETTLER_PASSWORD:?}" "${LEDGER_PASSWORD:?}" "${READER_PASSWORD:?}" "${OWNER_PASSWORD:?}"

psql --no-psqlrc --no-password --quiet --set=ON_ERROR_STOP=1 \
    --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\getenv settler_password SETTLER_PASSWORD
\getenv ledger_password LEDGER_PASSWORD
\getenv reader_password READER_PASSWORD
\getenv owner_password OWNER_PASSWORD
\getenv database POSTGRES_DB

-- A statement that fails is not to be logged with the password in it.
SET log_min_error_statement = panic;

SELECT 'CREATE ROLE millrace_owner LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_owner') \gexec

ALTER ROLE settler PASSWORD :'settler_password';
ALTER ROLE ledger PASSWORD :'ledger_password';
ALTER ROLE reader PASSWORD :'reader_password';
ALTER ROLE millrace_owner PASSWORD :'owner_password';

ALTER DATABASE :"database" OWNER TO millrace_owner;
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO millrace_settler, millrace_ledger, millrace_reader;
SQL
