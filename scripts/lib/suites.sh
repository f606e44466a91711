# SPDX-License-Identifier: Apache-2.0
# The suites of scripts/test.  Sourced.  Each records its cases; see results.sh.
. scripts/lib/results.sh

# find_sources EXPRESSION...: our own files, nothing that was built or fetched.
find_sources() {
    find . \( -path './.git' -o -path './.deps' -o -path './build*' -o -name __pycache__ \) \
        -prune -o -type f \( "$@" \) -print | sort
}

# --- checks

check_format() {
    find_sources -name '*.c' -o -name '*.h' | xargs -r clang-format --dry-run -Werror
}

check_licence() {
    local f bad=0
    while read -r f; do
        head -n 3 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' && continue
        echo "$f: no line SPDX-License-Identifier: Apache-2.0 at the top"
        bad=1
    done < <(find_sources -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name 'meson*' \
        -o -path './scripts/*' -o -path './.ci/*' -o -path './tests/*/run')
    return $bad
}

# A folder sees what its meson.build lists; a path upwards would get round that.
check_includes() {
    ! find_sources -name '*.[ch]' | xargs -r grep -nE '^#include "\.\./'
}

check_size() {
    ! find_sources -name '*.[ch]' | xargs -r wc -l |
        awk '$2 != "total" && $1 > 800 {print $2 ": " $1 " lines; allowed: 800"; n = 1} END {exit !n}'
}

# Whoever adds a key, a command or a reason for drops says what it is for.
check_docs() {
    local word bad=0
    for word in $(grep -oE '^    \{"[a-z-]+"' config/schema.c | grep -oE '[a-z-]+'); do
        grep -qE "^\.(It Cm|Ss).*\b$word\b" docs/man/ovnic-gw.conf.5 ||
            { echo "docs/man/ovnic-gw.conf.5: nothing about $word" && bad=1; }
        [[ $word =~ ^(chassis|ovn|port|workers|dpdk|metrics)$ ]] || grep -qE "\b$word\b" ctrl/reload.c ||
            { echo "ctrl/reload.c: does not say whether $word needs a restart" && bad=1; }
    done
    for word in $(sed -n '/define ICGW_DROPS/,/^$/p' dp/icgw_stats.h | grep -oE '"[a-z_]+"' | tr -d '"'); do
        [ -e "docs/drops/$word.md" ] || { echo "docs/drops/$word.md: missing" && bad=1; }
    done
    for word in $(ls docs/drops); do
        grep -q "\"${word%.md}\"" dp/icgw_stats.h || { echo "docs/drops/$word: no such reason" && bad=1; }
    done
    return $bad
}

# What scripts/setup installs to build with, the package builds with.
check_depends() {
    local word bad=0
    for word in $(sed -n '/# to build/,/# to check/p' scripts/setup | grep -oE '\b(lib|uthash)[a-z0-9-]*-dev\b'); do
        [ "$word" = libc6-dev ] || grep -q "^ $word\b" debian/control ||
            { echo "debian/control: $word is not among Build-Depends" && bad=1; }
    done
    return $bad
}

# uninitvar does not see through the loop macros of Open vSwitch; the compilers
# have that warning too.
check_cppcheck() {
    cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingInclude --suppress=uninitvar:ctrl/* --std=c11 -j "$(nproc)" \
        $(find dp pmd ctrl config bench -type d -printf '-I %p ') dp pmd ctrl config bench
}

suite_checks() {
    local c
    for c in format licence includes size docs depends cppcheck; do
        run_case checks $c 300 bash -c ". scripts/lib/suites.sh; check_$c"
    done
}

# --- builds

# build FOLDER MESON_ARGUMENT...
build() {
    local folder=$1
    shift
    [ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" || return
    ninja -C "$folder"
}

build_gcc() {
    build build
}

# Also what clang has to say about the sources.
build_asan() {
    CC=clang build build-asan -Db_sanitize=address,undefined -Dfuzz=true -Doptimization=1
}

declare -A built # passed or failed, by build

# build_once gcc|asan
build_once() {
    if [ -z "${built[$1]:-}" ]; then
        built[$1]=failed
        run_case builds "$1" 900 bash -c ". scripts/lib/suites.sh; build_$1" && built[$1]=passed
    fi
    [ "${built[$1]}" = passed ]
}

suite_builds() {
    build_once gcc
    build_once asan
}

# --- unit tests, fuzzing

export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# run_unit SUITE FOLDER
run_unit() {
    local program
    for program in "$2"/tests/unit/test_*; do
        [ -f "$program" ] && [ -x "$program" ] && start_cmocka "$1" "$program"
    done
    all_end
}

suite_unit() {
    build_once gcc && run_unit unit build
}

suite_unit_asan() {
    build_once asan && run_unit unit-asan build-asan
}

suite_fuzz() {
    local target name seeds seconds=${quick:+2}
    build_once asan || return
    for target in build-asan/tests/fuzz/fuzz_*; do
        [ -f "$target" ] && [ -x "$target" ] || continue
        name=${target##*/fuzz_}
        seeds=tests/fuzz/corpus/$name
        [ -d "$seeds" ] || seeds=
        mkdir -p "$logs/corpus-$name"
        side_by_side "case_ended fuzz $name $logs/fuzz-$name.log" 180 "$logs/fuzz-$name.log" \
            "$target" -max_total_time="${seconds:-6}" -runs=5000000 -timeout=60 \
            -rss_limit_mb=3000 -artifact_prefix="$logs/fuzz-$name-" "$logs/corpus-$name" $seeds
    done
    all_end
}

# --- lab

suite_lab() {
    build_once gcc || return
    run_program lab 1200 tests/lab/run ${xml_dir:+--xml "$xml_dir"}
}

# Other releases of OVN than this machine's, and two different ones joined; a release that
# cannot be had is skipped. Nothing here goes by time, so two run side by side.
suite_lab_releases() {
    local lab=(tests/lab/run ${xml_dir:+--xml "$xml_dir"} --gateways ovnic-gw,ovnic-gw)
    local release
    build_once gcc || return
    for release in 26.03 25.03; do
        start_program "lab-$release" 1200 "${lab[@]}" --ovn $release \
            --lab pair --lab transit-router --lab kube-ovn
    done
    # What has to do with the other zone.
    start_program lab-two-releases 600 "${lab[@]}" --ovn 23.03,26.03 --lab pair --lab kube-ovn \
        --only 'traffic|neighbours|control.sync|control.interconnection|path_mtu|kubeovn'
    start_program lab-newest 300 "${lab[@]}" --ovn 26.03 --lab three-zones
    # Seeds 9, 11 and 12 find a mistake in following changes that those of 23.03 do not.
    start_program differential-newest 300 tests/differential/run --ovn 26.03 --start 9 --seeds 4 \
        ${xml_dir:+--xml "$xml_dir"}
}

# The Debian package, built and installed into a fresh root, which is booted.
suite_package() {
    start_program package 1200 tests/package/run
}

# The same packets into a stock gateway and ours: seeds that have been looked at.
suite_differential() {
    build_once gcc || return
    run_program differential 900 tests/differential/run --start 1 --seeds 20 --jobs 2 \
        ${xml_dir:+--xml "$xml_dir"}
}

# run_program NAME SECONDS COMMAND...: one that counts its tests itself and ends with the line
# `N passed, N failed`; what it prints is seen at once.
run_program() {
    local name=$1 seconds=$2 start log=$logs/$1.log
    shift 2
    all_end # it may go by time
    start=$SECONDS
    follow=1 bounded "$seconds" "$log" "$@"
    count_program "$name" "$start" $?
}

# start_program NAME SECONDS COMMAND...: the same beside others; what it prints is seen when
# it has ended.
start_program() {
    local name=$1 seconds=$2
    shift 2
    echo "  $name ..."
    side_by_side "program_ended $name" "$seconds" "$logs/$name.log" "$@"
}

# program_ended NAME START STATUS
program_ended() {
    echo "  $1, $((SECONDS - $2)) s:"
    cat "$logs/$1.log"
    count_program "$@"
}

# count_program NAME START STATUS
count_program() {
    local name=$1 start=$2 status=$3 log=$logs/$1.log summary
    summary=$(grep -oE '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?' "$log" | tail -n 1)
    if [ -z "$summary" ] || { [ "$status" != 0 ] && [[ $summary == *" 0 failed"* ]]; }; then
        record "$name" "$name" failed $((SECONDS - start)) "$log"
    fi
    [ -n "$summary" ] || return 0
    set -- $(grep -oE '[0-9]+' <<<"$summary")
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + ${3:-0}))
    [ $2 = 0 ] || show_failure "$name" "$log" grep -A 12 FAIL "$log" >/dev/null
}
