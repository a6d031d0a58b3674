-- The login by which Grafana reads: it may read the schema dashboards and nothing else.
SELECT 'CREATE ROLE toldonce_grafana LOGIN IN ROLE toldonce_dashboards'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'toldonce_grafana') \gexec
ALTER ROLE toldonce_grafana PASSWORD :'password';
