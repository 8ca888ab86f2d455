-- The database of the installation; kept where it exists.
\set ON_ERROR_STOP on

SELECT 'CREATE DATABASE gisportal OWNER gisportal_owner TEMPLATE template_gisportal'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'gisportal')
\gexec
-- A temporary table is DDL too, and could stand before a real one in a search path.
REVOKE ALL ON DATABASE gisportal FROM PUBLIC;
GRANT CONNECT ON DATABASE gisportal TO gisportal_app;
