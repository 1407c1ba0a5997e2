#include "app/options.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <vector>

using namespace lockkeeper::app;

namespace {

Command parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "lockkeeper");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::string refusal_of(const std::vector<const char*>& arguments) {
    try {
        parse(arguments);
    } catch (const WrongUsage& error) {
        return error.what();
    }
    return "accepted";
}

constexpr auto url = "--database-url=host=db.example dbname=d";

}  // namespace

TEST_CASE("a direction other than exactly up, down or status is refused before any connection is made") {
    for (const auto* direction : {"", "UP", "DOWN", "rollback", " up", "up ", "status "}) {
        INFO(direction);
        CHECK_THAT(refusal_of({"migrate", direction, "--source=x", url}),
                   Catch::Contains("write exactly up, down, status, plan or repair"));
    }
    CHECK(std::get<MigrateOptions>(parse({"migrate", "down", "--source=x", url})).action ==
          MigrateOptions::Action::Down);
}

TEST_CASE("the direction of a plan is exactly up or down, and goes with a plan alone") {
    const auto planned = [](std::vector<const char*> more) {
        more.insert(more.begin(), {"migrate", "plan", "--source=x", url});
        return std::get<MigrateOptions>(parse(more));
    };
    using lockkeeper::migration::Direction;
    CHECK(planned({}).planned == Direction::Up);
    CHECK(planned({"--direction", "up"}).planned == Direction::Up);
    CHECK(planned({"--direction=down", "--target=1"}).planned == Direction::Down);
    CHECK(planned({"--direction", "down", "--all"}).all);
    for (const auto* direction : {"", "UP", "DOWN", "rollback", " up", "up ", "down "}) {
        INFO(direction);
        CHECK(refusal_of({"migrate", "plan", "--source=x", url, "--direction", direction}) ==
              "--direction is '" + std::string(direction) + "'; write exactly up or down");
    }
    CHECK_THAT(refusal_of({"migrate", "plan", "--source=x", url, "--direction="}), Catch::Contains("--direction"));
    CHECK(refusal_of({"migrate", "up", "--source=x", url, "--direction=down"}) == "--direction goes with plan");
    CHECK(refusal_of({"migrate", "plan", "--source=x", url, "--all"}) ==
          "--all goes with down, and with plan --direction down");
    CHECK(refusal_of({"migrate", "plan", "--source=x", url, "--direction=down", "--all", "--target=1"}) ==
          "--all and --target are both given; keep one of them");
}

TEST_CASE("repairs of names come before the edits that are accepted with them") {
    using lockkeeper::migration::Repair;
    const auto options = std::get<MigrateOptions>(
        parse({"migrate", "repair", "--source=x", url, "--accept=2", "--layout-changed", "--rename=a=b"}));
    REQUIRE(options.repairs.size() == 3);
    CHECK(options.repairs[0].kind == Repair::Kind::Rename);
    CHECK(options.repairs[1].kind == Repair::Kind::LayoutChanged);
    CHECK(options.repairs[2].kind == Repair::Kind::AcceptEdit);
    CHECK(refusal_of({"migrate", "up", "--source=x", url, "--layout-changed"}).find("repair goes with") == 0);
    CHECK_THAT(refusal_of({"migrate", "repair", "--source=x", url, "--accept=2", "--target=2"}),
               Catch::Contains("--target goes with up, down, status and plan"));
}

TEST_CASE("a password in the arguments is refused and not repeated") {
    for (const auto* argument : {"--database-url=postgresql://u:S3cret@h/d", "--database-url=host=h password=S3cret",
                                 "--database-url=postgresql://u:S3cret@h:x:y/d?bad"}) {
        INFO(argument);
        const auto refusal = refusal_of({"migrate", "up", "--source=x", argument});
        CHECK_THAT(refusal, Catch::Contains("LOCKKEEPER_DATABASE_URL"));
        CHECK_THAT(refusal, !Catch::Contains("S3cret"));
    }
}

TEST_CASE("the database is taken from the environment when no option names one") {
    ::unsetenv("LOCKKEEPER_DATABASE_URL");
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x"}), Catch::Contains("no database is named"));
    ::setenv("LOCKKEEPER_DATABASE_URL", "postgresql://u:p@h/d", 1);
    CHECK(refusal_of({"migrate", "up", "--source=x"}) == "accepted");
    ::setenv("LOCKKEEPER_DATABASE_URL", "postgresql://u:S3cret@h:x/d", 1);
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x"}), !Catch::Contains("S3cret") && Catch::Contains("port"));
    ::unsetenv("LOCKKEEPER_DATABASE_URL");
}

TEST_CASE("options that contradict each other or cannot be read are refused by name") {
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--all"}), Catch::Contains("--all"));
    CHECK_THAT(refusal_of({"migrate", "down", "--source=x", url, "--all", "--target=1"}), Catch::Contains("--target"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--history=a.b.c"}),
               Catch::Contains("more than one dot"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--lock-timeout=5"}), Catch::Contains("--lock-timeout"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--output=yaml"}), Catch::Contains("'yaml'"));
    CHECK_THAT(refusal_of({"migrate", "up", url}), Catch::Contains("--source"));
    CHECK_THAT(refusal_of({"frobnicate"}), Catch::Contains("frobnicate") || Catch::Contains("subcommand"));
}

TEST_CASE("layout, baseline and policies are read by their words, and anything else is refused with these") {
    const auto plain = std::get<MigrateOptions>(parse({"migrate", "up", "--source=x", url}));
    CHECK(plain.layout == lockkeeper::migration::Layout::Auto);
    CHECK_FALSE(plain.baseline);
    const auto all =
        std::get<MigrateOptions>(parse({"migrate", "plan", "--source=x", url, "--layout=flyway", "--baseline=7",
                                        "--out-of-order=allow", "--checksum-mismatch=warn", "--missing-scripts=fail"}));
    CHECK(all.action == MigrateOptions::Action::Plan);
    CHECK(all.layout == lockkeeper::migration::Layout::Flyway);
    CHECK(all.baseline == "7");
    CHECK(all.policy.out_of_order == lockkeeper::migration::OutOfOrder::Allow);
    CHECK(all.policy.checksum_mismatch == lockkeeper::migration::Severity::Warn);
    CHECK(all.policy.missing_scripts == lockkeeper::migration::Severity::Fail);
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--layout=Flyway"}),
               Catch::Contains("--layout is 'Flyway'") && Catch::Contains("auto, paired, goose, dbmate, tern, flyway"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--out-of-order=yes"}),
               Catch::Contains("allow, forbid"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--missing-scripts=no"}), Catch::Contains("warn, fail"));
}

TEST_CASE("the history to adopt is a tool and perhaps a table, and not beside a baseline") {
    using lockkeeper::migration::Tool;
    CHECK_FALSE(std::get<MigrateOptions>(parse({"migrate", "up", "--source=x", url})).adopt);
    const auto options = std::get<MigrateOptions>(
        parse({"migrate", "up", "--source=x", url, "--adopt=golang-migrate", "--adopt-table=versions"}));
    REQUIRE(options.adopt);
    CHECK(options.adopt->from == Tool::GolangMigrate);
    CHECK(options.adopt->table == "public.versions");
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--adopt=rails"}),
               Catch::Contains("--adopt is 'rails'") && Catch::Contains("golang-migrate, goose"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--adopt=auto", "--adopt-table=a.b.c"}),
               Catch::Contains("--adopt-table"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--adopt-table=a"}), Catch::Contains("--adopt=auto"));
    CHECK_THAT(refusal_of({"migrate", "up", "--source=x", url, "--adopt=auto", "--baseline=1"}),
               Catch::Contains("keep one of them"));
}

TEST_CASE("help is an answer, not an error") {
    CHECK(std::holds_alternative<HelpText>(parse({"--help"})));
}

TEST_CASE("a controller shows itself on two addresses unless it is told not to") {
    const auto read = [](std::vector<const char*> arguments) {
        arguments.insert(arguments.begin(), {"lockkeeper", "controller"});
        return std::get<ControllerOptions>(parse_command_line(static_cast<int>(arguments.size()), arguments.data()));
    };
    CHECK(read({}).metrics_address->to_string() == ":8080");
    CHECK(read({}).health_address->to_string() == ":8081");
    CHECK(read({}).shutdown_grace_period == std::chrono::seconds(20));
    CHECK_FALSE(read({"--metrics-address", "0"}).metrics_address);
    CHECK(read({"--health-address", "[::1]:1"}).health_address->host == "::1");
    CHECK_THROWS_WITH(read({"--metrics-address", "8080"}),
                      Catch::Contains("--metrics-address: '8080' is no address") && Catch::Contains("0 is off"));
    CHECK_THROWS_AS(read({"--shutdown-grace-period", "soon"}), WrongUsage);
}

TEST_CASE("session, locks and transactions are read from the command line") {
    const auto options = std::get<MigrateOptions>(
        parse({"migrate", "up", "--source=x", url, "--role=app", "--search-path=a,b c", "--set", "work_mem=1MB",
               "--set", "app.tenant=x=y", "--lock-key=-7", "--also-hold=42", "--also-hold", "9223372036854775807",
               "--transaction=run", "--lock-timeout=1s"}));
    CHECK(options.session.role == "app");
    CHECK(options.session.search_path == std::vector<std::string>{"a", "b c"});
    CHECK(options.session.parameters == std::map<std::string, std::string>{{"app.tenant", "x=y"}, {"work_mem", "1MB"}});
    CHECK(options.session.lock_timeout == std::chrono::seconds(1));
    CHECK(options.lock_key == -7);
    CHECK(options.also_hold == std::vector<std::int64_t>{42, INT64_MAX});
    CHECK(options.transaction == lockkeeper::migration::TransactionScope::Run);

    const auto plain = std::get<MigrateOptions>(parse({"migrate", "up", "--source=x", url}));
    CHECK_FALSE(plain.session.are_chosen());
    CHECK_FALSE(plain.lock_key);
    CHECK(plain.also_hold.empty());
    CHECK(plain.transaction == lockkeeper::migration::TransactionScope::Script);

    const auto refusal = [](const char* option) { return refusal_of({"migrate", "up", "--source=x", url, option}); };
    CHECK(refusal("--set=work_mem") == "--set is 'work_mem'; write NAME=VALUE");
    CHECK_THAT(refusal("--set=role=x"), Catch::Contains("write it as role (--role)"));
    CHECK_THAT(refusal("--lock-key=9223372036854775808"), Catch::Contains("write a whole number of 64 bits"));
    CHECK_THAT(refusal("--also-hold=1x"), Catch::Contains("--also-hold is '1x'"));
    CHECK(refusal("--transaction=all") == "--transaction is 'all'; write one of: script, run, none");
}

TEST_CASE("run takes what the controller gives it, and wait a version, a history and a time") {
    const auto run = std::get<RunOptions>(parse({"run", "--description=/run.json", "--source=/a", "--source=/b"}));
    CHECK(run.description == "/run.json");
    CHECK(run.sources == std::vector<std::string>{"/a", "/b"});
    CHECK(run.termination_log == "/dev/termination-log");
    CHECK_THAT(refusal_of({"run", "--source=/a"}), Catch::Contains("--description"));

    const auto wait = std::get<WaitOptions>(parse({"wait", "--version=7", "--timeout=90s", "--history=app.h", url}));
    CHECK(wait.version == "7");
    CHECK(wait.timeout == std::chrono::seconds(90));
    CHECK(wait.history.text() == "app.h");
    CHECK_FALSE(wait.source);
    CHECK(std::get<WaitOptions>(parse({"wait", "--version=7", url})).timeout == std::chrono::minutes(5));
    CHECK_THAT(refusal_of({"wait", url}), Catch::Contains("--version"));
    CHECK_THAT(refusal_of({"wait", "--version", "", url}), Catch::Contains("--version"));
    CHECK_THAT(refusal_of({"wait", "--version=7", "--timeout=soon", url}), Catch::Contains("--timeout"));
    CHECK_THAT(refusal_of({"wait", "--version=7", "--database-url=postgresql://u:S3cret@h/d"}),
               Catch::Contains("LOCKKEEPER_DATABASE_URL") && !Catch::Contains("S3cret"));
}

TEST_CASE("a controller is for all namespaces and stands alone, unless it is told otherwise") {
    const auto plain = std::get<ControllerOptions>(parse({"controller"})).share;
    CHECK(plain.namespaces.empty());
    CHECK(plain.label_selector.empty());
    CHECK_FALSE(plain.election);

    const auto share = std::get<ControllerOptions>(parse({"controller", "--namespace=b,a", "--namespace=c",
                                                          "--label-selector=team in (x,y)", "--leader-elect"}))
                           .share;
    CHECK(share.namespaces == std::vector<std::string>{"a", "b", "c"});
    CHECK(share.label_selector == "team in (x,y)");
    REQUIRE(share.election);
    CHECK(share.election->name == "lockkeeper");
    CHECK(share.election->space.empty());
    CHECK(share.election->times.lease_duration == std::chrono::seconds(15));
    CHECK(share.election->times.renew_deadline == std::chrono::seconds(10));
    CHECK(share.election->times.retry_period == std::chrono::seconds(2));
}

TEST_CASE("a share of the work that cannot be is refused with what to write") {
    CHECK_THAT(refusal_of({"controller", "--namespace=Shop"}), Catch::Contains("'Shop'"));
    CHECK_THAT(refusal_of({"controller", "--namespace=a,b.c"}), Catch::Contains("no name of a namespace"));
    CHECK_THAT(refusal_of({"controller", "--namespace=a", "--namespace=a"}), Catch::Contains("a twice"));
    CHECK_THAT(refusal_of({"controller", "--leader-elect", "--leader-elect-name", ""}),
               Catch::Contains("name of a Lease"));
    CHECK_THAT(refusal_of({"controller", "--leader-elect", "--leader-elect-lease-duration=9s"}),
               Catch::Contains("longer than the renew deadline"));
    CHECK_THAT(refusal_of({"controller", "--leader-elect", "--leader-elect-namespace=a.b"}),
               Catch::Contains("--leader-elect-namespace"));
}
