-- The two roles of an installation. Run by the set-up as the cluster's superuser; safe to repeat.
\set ON_ERROR_STOP on
\getenv owner_password GISPORTAL_OWNER_PASSWORD
\getenv app_password GISPORTAL_APP_PASSWORD

SELECT format('CREATE ROLE %I', wanted.name)
FROM (VALUES ('gisportal_owner'), ('gisportal_app')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name)
\gexec

-- Migrates, loads, owns the databases; makes databases for tests and for one fabric each.
ALTER ROLE gisportal_owner
    LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
-- Serves requests: rows only, no DDL, no TRUNCATE.
ALTER ROLE gisportal_app
    LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
-- What people ask for is in the statements that serve them: positions, names. The log keeps errors, not those texts.
ALTER ROLE gisportal_app SET log_min_error_statement = 'panic';
-- Lets the owner end the application's sessions, which dropping a database of tests needs.
GRANT gisportal_app TO gisportal_owner;
