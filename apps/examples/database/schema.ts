import { type SQL, sql } from 'drizzle-orm'
import { bigint, boolean, jsonb, pgTable, serial, text, timestamp } from 'drizzle-orm/pg-core'

export const tasks = pgTable('tasks', {
  id: serial().primaryKey(),
  title: text().notNull(),
  completed: boolean().notNull().default(false),
  createdAt: timestamp('created_at', { withTimezone: true, mode: 'string' }).notNull().defaultNow(),
})

export type Task = typeof tasks.$inferSelect

/** What happened to the tasks, in the order in which it was committed. Its ids are the ids of the events. */
export const taskChanges = pgTable('task_changes', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  operation: text({ enum: ['created', 'updated', 'deleted'] }).notNull(),
  task: jsonb().$type<Pick<Task, 'id' | 'title' | 'completed'>>().notNull(),
})

export type TaskChange = typeof taskChanges.$inferSelect

/** What `NOTIFY` says that there is something new. It carries nothing: notifications may be lost, rows are not. */
export const CHANGES_CHANNEL = 'task_changes'

/**
 * The tables, and the triggers that write each change in the transaction that makes it.
 *
 * The lock is what makes the ids safe to resume from. A sequence hands out numbers before the commit, so that of two
 * writers the one with the higher number may be seen first, and whoever has read up to it would never see the other. With the lock,
 * held until the commit, numbers become visible in order. Writers of tasks wait for each other; readers wait for nobody.
 *
 * It is taken before a statement touches any row. A writer that held a row while it waits for the lock, and the holder
 * of the lock who then wants that row, would wait for each other.
 */
export const createSchema: readonly SQL[] = [
  // Two processes that start at the same time would both find nothing, and one would fail. This is not the lock of the writers: who
  // waits for that one has the table, which the triggers below need.
  `select pg_advisory_xact_lock(hashtext('create tasks'))`,
  `create table if not exists tasks (
    id serial primary key,
    title text not null,
    completed boolean not null default false,
    created_at timestamptz not null default now()
  )`,
  `create table if not exists task_changes (
    id bigint primary key generated always as identity,
    operation text not null,
    task jsonb not null
  )`,
  `create or replace function order_task_changes() returns trigger language plpgsql as $$
  begin
    if tg_op = 'TRUNCATE' then
      raise exception 'Use delete from tasks: truncate tells nobody what is gone.';
    end if;
    perform pg_advisory_xact_lock(hashtext('task_changes'));
    return null;
  end $$`,
  `create or replace trigger order_task_changes before insert or update or delete or truncate on tasks
    for each statement execute function order_task_changes()`,
  `create or replace function record_task_change() returns trigger language plpgsql as $$
  declare
    changed tasks := case when tg_op = 'DELETE' then old else new end;
  begin
    insert into task_changes (operation, task) values (
      case tg_op when 'INSERT' then 'created' when 'UPDATE' then 'updated' else 'deleted' end,
      jsonb_build_object('id', changed.id, 'title', changed.title, 'completed', changed.completed)
    );
    perform pg_notify('${CHANGES_CHANNEL}', '');
    return null;
  end $$`,
  `create or replace trigger record_task_change after insert or update or delete on tasks
    for each row execute function record_task_change()`,
].map((statement) => sql.raw(statement))
