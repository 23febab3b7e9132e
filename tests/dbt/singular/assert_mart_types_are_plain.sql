-- Only types that every reader of the file, Power BI's drivers among them, gives back as they are.
select
    table_name,
    column_name,
    data_type
from information_schema.columns
where
    table_schema = 'marts'
    and data_type not in ('INTEGER', 'BIGINT', 'SMALLINT', 'VARCHAR', 'DATE', 'TIMESTAMP', 'DOUBLE')
    and data_type not like 'DECIMAL(%,_)'
