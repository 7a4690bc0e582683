pragma journal_mode = memory;
create table items(id integer primary key, name text, amount integer);
with recursive count(n) as (select 1 union all select n + 1 from count where n < 2500 * (select n from turns))
insert into items select n, hex(n * n * 7 % 65521), n * 31 % 997 from count;
create index by_name on items(name);
select count(*), sum(amount), max(length(name)) from items where name like '3%';
select name, count(*) as times from items group by name having times > 1 order by times desc, name limit 5;
select sum(a.amount * b.amount) from items a join items b on a.name = b.name where a.id < b.id;
update items set amount = amount + 1 where id % 3 = 0;
delete from items where name between '4' and '5';
select count(*), total(amount), group_concat(id) from (select id, amount from items order by amount, id limit 20);
pragma integrity_check;
