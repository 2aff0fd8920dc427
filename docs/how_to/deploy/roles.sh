#!/bin/sh
# Run once by the image of PostgreSQL, in an empty database: the two roles that serve pages. They read and write rows and own no
# table, so they can neither drop a guard nor empty a trail. `manage.py set_database_rights` gives and takes the rights on single
# tables after every migration; the blinded role has none on the allocation vault.
set -eu

secrets=/run/secrets
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set blinded="$(cat "${DATABASE_PASSWORD_FILE:-$secrets/database_password}")" \
    --set unblinded="$(cat "${DATABASE_UNBLINDED_PASSWORD_FILE:-$secrets/database_unblinded_password}")" <<'SQL'
CREATE ROLE trialsite LOGIN PASSWORD :'blinded';
CREATE ROLE trialsite_unblinded LOGIN PASSWORD :'unblinded';
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE TEMPORARY ON DATABASE :"DBNAME" FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres FROM PUBLIC;
REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;
SQL
