# shellcheck shell=bash
# Faults that are put into the engine on purpose, each with the test that must notice. Sourced by hack/mutate.
#
#   mutant FAULT TEST [FILE OLD NEW]…      FILE is below controller/; OLD stands there exactly once

mutant "the lock is taken by SELECT true, and nothing verifies it" \
  "of many runners at once every one succeeds and every script is applied once" \
  engine/advisory_lock.cpp 'return "SELECT CASE WHEN " + attempt' 'return "SELECT true OR " + attempt + " IS NULL OR CASE WHEN " + attempt' \
  engine/advisory_lock.cpp '    return sql;' '    return "true";'

mutant "the statement that records a script does not ask for the lock" \
  "a script that gives up the lock is rolled back and said so" \
  engine/advisory_lock.cpp '    return sql;' '    return "true";'

mutant "waiters block inside pg_advisory_lock" \
  "concurrent index builds survive runners that have waited for two seconds, and none is left INVALID" \
  engine/advisory_lock.cpp 'const auto attempt = "pg_catalog.pg_try_advisory_lock(" + std::to_string(key) + ")";' \
  'const auto attempt = "pg_catalog.pg_advisory_lock(" + std::to_string(key) + ") IS NOT NULL";'

mutant "the row is written outside the script's transaction" \
  "a script that gives up the lock is rolled back and said so" \
  engine/script_runner.cpp '"SET LOCAL search_path=pg_catalog"}' '"SET LOCAL search_path=pg_catalog", "COMMIT", "BEGIN"}'

mutant "the lock is on a second connection" \
  "while another holds the lock no runner ends, and afterwards each does, with the lock on the session that runs" \
  engine/migrator.cpp 'auto lock = ask_first(attempt.session, stop, [&] { return acquire(attempt.connection, key, patience); });' \
  'auto second = connect(stop); auto lock = acquire(second, key, patience);' \
  engine/advisory_lock.cpp '    return sql;' '    return "true";'

mutant "no line break stands behind a script" \
  "a script that ends in a comment is committed with its row" \
  engine/script_runner.cpp 'message += "\n;" + joined' 'message += ";" + joined'

mutant "a COMMIT in doubt is taken for done" \
  "a connection cut before or after any message of the protocol leaves every script run once" \
  engine/script_runner.cpp '    } catch (const postgres::CommandError& error) {
        fail(step' \
  '    } catch (const postgres::ConnectionLost&) { return; } catch (const postgres::CommandError& error) {
        fail(step'

mutant "a COMMIT in doubt is taken for not done" \
  "a connection cut before or after any message of the protocol leaves every script run once" \
  engine/migrator.cpp 'runner.run(rest.front());' \
  'try { runner.run(rest.front()); } catch (const postgres::ConnectionLost&) { attempt.connection = connect(attempt.stop); static_cast<void>(new
   AdvisoryLock(AdvisoryLock::acquire(attempt.connection, LockKey::of(options_.history_table), {std::chrono::seconds(60), clock_, {}, {}}, {}))); runner.run(rest.front()); }'

mutant "the role is not reset before the row" \
  "what a script does to its session reaches neither its history row nor the next script" \
  engine/script_runner.cpp '"RESET SESSION AUTHORIZATION", "RESET ROLE", ' '"SELECT 1", "SELECT 1", '

mutant "the session is not cleaned between two scripts" \
  "nothing that a script does to its session reaches the next script, or its own history row" \
  engine/script_runner.cpp 'statements.insert(statements.end(), reset_.begin(), reset_.end());' ''

mutant "lock_timeout stays on for a concurrent build" \
  "a concurrent build does not fail by lock_timeout while it waits for an old transaction" \
  engine/statement_runner.cpp '"SET lock_timeout=0";' '"SELECT 1";'

mutant "a statement in doubt is run again without asking the catalogue" \
  "a build in doubt is looked up: finished it is not built again, INVALID it is, and missing it is" \
  engine/statement_runner.cpp 'case Effect::Done:' 'case Effect::Done: return run_statement(statement); case static_cast<Effect>(99):'

mutant "a pooler that shares sessions is let through" \
  "a pooler that shares sessions is refused by its only and first client, and nothing is left in it" \
  engine/advisory_lock.cpp '    connection.correct_backend_pid(refuse_shared_backend(connection, open_another));' '    static_cast<void>(open_another);'

mutant "nothing ends a session that falls silent" \
  "a connection that falls silent gives up its lock within five seconds, and the next run ends right" \
  engine/session_settings.cpp 'SET idle_session_timeout=3000' 'SET idle_session_timeout=0'

mutant "the lock of another tool is not held" \
  "a lock of another tool is waited for with its holder named, held during the run, and free after it" \
  engine/advisory_lock.cpp 'auto values = key.also_hold;' 'std::vector<std::int64_t> values;'

mutant "each script of a run in one transaction is committed by itself" \
  "when one script of a run fails none of them remains, and the failure points at it" \
  engine/script_runner.cpp '{&step == &steps.front(), &step == &steps.back()}' '{}'

mutant "the place of a failure in a flight is that in its statement" \
  "a script that fails at any place of a flight says and leaves what it says and leaves one by one" \
  engine/script_flight.cpp '*fields.position += migration::count_characters(before);' 'static_cast<void>(before);'

mutant "a script on which a flight ends is taken for done" \
  "a script that the server takes only as one message is run as one, and those around it fly" \
  engine/script_runner.cpp '        connection_.query("ROLLBACK");
        return false;' '        connection_.query("ROLLBACK");
        committed(*next);
        return false;'

mutant "a flight that falls silent is taken for a large script" \
  "a connection that falls silent gives up its lock within five seconds, and the next run ends right" \
  engine/link_watch.cpp "coalesce(a.state = 'active', false)" "c.pid IS NOT NULL OR a.wait_event = 'ClientWrite'"

mutant "a link that falls silent among the rows of a COPY is not noticed" \
  "a link that falls silent at any message of a COPY gives up its lock within five seconds" \
  engine/link_watch.cpp 'const auto limit = sight->shows_all ? patience' 'const auto limit = sight->shows_all ? 100 * patience'

mutant "a slow server is taken for a silent link" \
  "a server that takes its time with the rows of a COPY is not given up" \
  engine/link_watch.cpp 'const bool waits_for_us = seen.boolean(0, 1);' 'const bool waits_for_us = true;'

mutant "a slow link is taken for a silent one" \
  "a link on which each part of the rows takes its time is not given up" \
  engine/link_watch.cpp 'if (!sight || last_ != sight) {' 'if (!sight || !last_) {'

mutant "nobody ends a session that a dead runner left among the rows of a COPY" \
  "a runner that dies among the rows of a COPY behind a proxy that hangs leaves the lock to who waits for it" \
  engine/abandoned_holder.cpp "patience{30'000}" "patience{3'000'000}"

mutant "who waits takes a slow runner for a dead one" \
  "a runner whose rows take their time keeps the lock, however long another waits for it" \
  engine/abandoned_holder.cpp ', c.bytes_processed' ''

mutant "who waits ends a session that is not Lockkeeper's" \
  "a session that is not Lockkeeper's keeps the lock, also if it reads rows that never come" \
  engine/abandoned_holder.cpp "AND a.application_name LIKE 'lockkeeper:%'" ""

mutant "what an interrupted REINDEX CONCURRENTLY left behind stays" \
  "a rebuild whose runner is killed leaves indexes INVALID, which the next run drops before it rebuilds" \
  engine/index_remains.cpp 'if (statement.kind == StatementKind::ReindexConcurrently) {' \
  'if (statement.kind == StatementKind::ReindexConcurrently) { return {};'

mutant "a session is taken for ended whose end nobody has confirmed" \
  "a runner on a silent link tries again to end its session where that was not answered either" \
  engine/link_watch.cpp 'connection_.reset();  // nothing was seen, and so nothing is known; again next time
        return false;' 'return last_.has_value();'

mutant "an index that another session rebuilds is dropped under it" \
  "an index that another session rebuilds at the moment is not dropped under it, but waited for" \
  engine/index_remains.cpp 'if (!builder.empty()) {' 'if (builder == "nobody") {'

mutant "a session waits for its next run as the last one left it" \
  "the server ends a spare that nobody takes or closes" \
  engine/spare_sessions.cpp 'pg_advisory_unlock_all();" +
           reset_session(session.connection)' 'pg_advisory_unlock_all();"'

mutant "a session goes on though new ones begin with something else" \
  "a run that changes what new sessions begin with is followed by one in a new session" \
  engine/spare_sessions.cpp 'proof_of(*spare->defaults)' '"SELECT 1"'

mutant "a session goes on after a failed run" \
  "the session of a run that failed is not used again" \
  engine/migrator.cpp 'spares_ != nullptr && !report.failure' 'spares_ != nullptr'

mutant "a run has its predecessor's name" \
  "runs of one connection string share a session while others wait, each under its own name" \
  engine/session_settings.cpp 'if (connection.is_renamed())' 'if (false)'

mutant "a session hears of the stop of its first run only" \
  "a run in a session that it was given ends when it is told to stop" \
  postgres/connection_waiting.cpp 'waker_->follow(stop_);' ''

mutant "a run is given a session that has ended" \
  "a spare that the server has ended is replaced, and the run knows nothing of it" \
  engine/migrator.cpp 'spares_->replace(session, url_, session_options(stop));' ''

mutant "a session goes on after scripts that may have left anything in it" \
  "a run that may leave more in its session than a reset reaches is followed by one in a new session" \
  engine/migrator.cpp 'if (defaults && !leave_session_alone(attempt.plan.steps, options_.session)) defaults.reset();' ''

mutant "a look through a pooler sets what belongs to others" \
  "a look behind a pooler in transaction mode leaves nothing in its backend" \
  engine/spare_sessions.cpp 'own_backend_check(session.connection) + "SELECT' '"SELECT'
