# SPDX-License-Identifier: Apache-2.0
# Counting, reporting and bounding what scripts/test runs.  Sourced.

logs=build-test # what the last run printed and wrote
xml_dir=
passed=0
failed=0
skipped=0
child=
declare -A places=() # what follows when it ends, by pid: one for each core

# prepare XML_DIR: an empty log folder; nothing outlives an interrupted run.
prepare() {
    rm -rf "$logs"
    mkdir -p "$logs/cases"
    if [ -n "$1" ]; then
        mkdir -p "$1" || exit 2
        xml_dir=$(cd "$1" && pwd)
    fi
    set -m # children get their own process group, and SIGINT
    trap 'interrupted' INT TERM HUP
    if ! mountpoint -q /run/netns; then
        trap 'remove_netns_mount' EXIT
    fi
}

# The first `ip netns add` after a start of the machine mounts /run/netns. If that
# was ours, it goes again, unless somebody uses it by now.
remove_netns_mount() {
    [ -n "$(ls -A /run/netns 2>/dev/null)" ] || umount /run/netns 2>/dev/null
}

interrupted() {
    trap '' INT TERM HUP
    kill -TERM $child "${!places[@]}" 2>/dev/null
    wait $child "${!places[@]}" 2>/dev/null
    echo "scripts/test: interrupted" >&2
    exit 130
}

# bounded SECONDS LOG COMMAND...: the command's exit status, 124 after SECONDS.
# With follow=1 what goes into the log is seen, too.
bounded() {
    local seconds=$1 log=$2 status follower=
    shift 2
    timeout -k 30 "$seconds" "$@" >"$log" 2>&1 </dev/null &
    child=$!
    if [ -n "${follow:-}" ]; then
        tail -f -n +1 -s 0.2 --pid=$child "$log" &
        follower=$!
    fi
    wait "$child" 2>/dev/null # says how it ended, which is in the log
    status=$?
    [ -z "$follower" ] || wait $follower
    child=
    [ $status != 124 ] || echo "Did not end within $seconds seconds." >>"$log"
    return $status
}

# side_by_side WHAT_FOLLOWS SECONDS LOG COMMAND...: starts it when there is a core for it.
# When it ends, WHAT_FOLLOWS (a function and words for it) is called with two more words: when
# it was started, and its exit status.
side_by_side() {
    local follows=$1 seconds=$2 log=$3
    shift 3
    [ ${#places[@]} -lt "$(nproc)" ] || one_ends
    timeout -k 30 "$seconds" "$@" >"$log" 2>&1 </dev/null &
    places[$!]="$follows $SECONDS"
}

one_ends() {
    local pid= status follows
    wait -n -p pid "${!places[@]}" 2>/dev/null
    status=$?
    if [ -z "${pid:-}" ]; then # bash 5.2: killed by a signal while we were at something else
        for pid in "${!places[@]}"; do break; done
        wait "$pid" 2>/dev/null
        status=$?
    fi
    follows=${places[$pid]}
    unset "places[$pid]"
    $follows $status
}

all_end() {
    while [ ${#places[@]} -gt 0 ]; do
        one_ends
    done
}

begin_suite() {
    suite_start=$SECONDS
    suite_passed=$passed
    suite_failed=$failed
    suite_skipped=$skipped
    echo "== $1"
}

# Where programs of a suite are still at work, each says how it ended.
end_suite() {
    [ ${#places[@]} = 0 ] || return 0
    local p=$((passed - suite_passed)) f=$((failed - suite_failed)) s=$((skipped - suite_skipped))
    local skips=
    if [ $((p + f + s)) = 0 ]; then
        echo "Nothing has run." >"$logs/$1.log"
        record "$1" "$1" failed 0 "$logs/$1.log"
        f=1
    fi
    [ $s = 0 ] || skips=", $s skipped"
    echo "== $1: $p passed, $f failed$skips ($((SECONDS - suite_start)) s)"
    [ -n "$xml_dir" ] && [ -f "$logs/cases/$1" ] || return 0
    {
        echo '<?xml version="1.0" encoding="UTF-8"?>'
        echo "<testsuites><testsuite name=\"$1\" tests=\"$(wc -l <"$logs/cases/$1")\"" \
            "failures=\"$(grep -c ' failed ' "$logs/cases/$1")\">"
        while read -r name result seconds log; do
            echo "<testcase classname=\"$1\" name=\"$name\" time=\"$seconds\">"
            [ "$result" != failed ] ||
                echo "<failure message=\"see $log\">$(tail -n 40 "$log" | xml_text)</failure>"
            echo "</testcase>"
        done <"$logs/cases/$1"
        echo '</testsuite></testsuites>'
    } >"$xml_dir/$1.xml"
}

xml_text() {
    tr -d '\000-\010\013\014\016-\037' | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'
}

# record SUITE NAME passed|failed SECONDS LOG
record() {
    echo "$2 $3 $4 $5" >>"$logs/cases/$1"
    printf '  %-6s %s (%s s)\n' "$3" "$2" "$4"
    if [ "$3" = passed ]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    show_failure "$1 $2" "$5" tail -n 30 "$5"
}

# show_failure WHAT LOG COMMAND...: what the command has to say of it, now and at the end of the
# run, where it is looked for.
show_failure() {
    local what=$1 log=$2
    shift 2
    {
        echo "  $what, all of it in $log:"
        "$@" | sed 's/^/    | /'
    } | tee -a "$logs/failures"
}

# case_ended SUITE NAME LOG START STATUS
case_ended() {
    local result=passed
    [ "$5" = 0 ] || result=failed
    [ "$5" != 124 ] || echo "Did not end in time." >>"$3"
    record "$1" "$2" $result $((SECONDS - $4)) "$3"
}

# run_case SUITE NAME SECONDS COMMAND...
run_case() {
    local suite=$1 name=$2 seconds=$3 start=$SECONDS result=passed
    local log=$logs/$1-$2.log
    shift 3
    bounded "$seconds" "$log" "$@" || result=failed
    record "$suite" "$name" $result $((SECONDS - start)) "$log"
    [ $result = passed ]
}

# start_cmocka SUITE PROGRAM: it counts its test cases itself, in XML.
start_cmocka() {
    local name=${2##*/}
    local out=$logs/xml-$1-$name
    mkdir -p "$out"
    side_by_side "cmocka_ended $1 $name" 300 "$logs/$1-$name.log" \
        env CMOCKA_MESSAGE_OUTPUT=xml CMOCKA_XML_FILE="$out/%g.xml" "$2"
}

# cmocka_ended SUITE NAME START STATUS: one that found nothing to test with (77) counts as one
# that was skipped; one that died before it has written its XML, as one failure.
cmocka_ended() {
    local suite=$1 name=$2 start=$3 status=$4 cases failures skips
    local log=$logs/$suite-$name.log out=$logs/xml-$suite-$name
    cases=$(cat "$out"/*.xml 2>/dev/null | grep -c '<testcase ')
    failures=$(cat "$out"/*.xml 2>/dev/null | grep -cE '<(failure|error)')
    skips=$(cat "$out"/*.xml 2>/dev/null | grep -c '<skipped')
    if [ "$status" = 77 ] && [ "$cases" = 0 ]; then
        skipped=$((skipped + 1))
        echo "  skipped $name: $(tail -n 1 "$log")"
        return
    fi
    if [ "$status" != 0 ] && [ "$failures" = 0 ]; then
        cases=$((cases + 1))
        failures=1
        [ "$status" != 124 ] || echo "Did not end in time." >>"$log"
    fi
    passed=$((passed + cases - failures - skips))
    failed=$((failed + failures))
    skipped=$((skipped + skips))
    printf '  %-6s %s: %d of %d (%d s)\n' "$([ "$failures" = 0 ] && echo passed || echo failed)" \
        "$name" $((cases - failures - skips)) "$cases" $((SECONDS - start))
    [ "$skips" = 0 ] || cat "$out"/*.xml | grep -B 1 '<skipped' |
        sed -n 's/.*<testcase name="\([^"]*\)".*/         skipped: \1/p'
    if [ "$failures" != 0 ]; then
        cat "$out"/*.xml >>"$log" 2>/dev/null
        show_failure "$suite $name" "$log" cmocka_says "$log"
    fi
    [ -z "$xml_dir" ] || keep_cmocka_xml "$out" "$suite-$name" "$failures"
}

# cmocka_says LOG: which cases failed and why, or the last words of a program that died.
cmocka_says() {
    grep -B 1 -A 9 -E '<(failure|error)' "$1" || tail -n 30 "$1"
}

# keep_cmocka_xml FOLDER PREFIX FAILURES: a program that died has no XML of its own.
keep_cmocka_xml() {
    local f none=1
    for f in "$1"/*.xml; do
        [ -f "$f" ] || continue
        none=
        cp "$f" "$xml_dir/$2-${f##*/}"
    done
    [ -n "$none" ] && [ "$3" != 0 ] || return 0
    echo "<testsuites><testsuite name=\"$2\" tests=\"1\" failures=\"1\"><testcase name=\"$2\">" \
        "<failure message=\"died\"/></testcase></testsuite></testsuites>" >"$xml_dir/$2.xml"
}

# The line that everybody waits for.
finish() {
    local skips=
    if [ -f "$logs/failures" ]; then
        echo "== failed"
        cat "$logs/failures"
    fi
    [ $skipped = 0 ] || skips=", $skipped skipped"
    echo "$passed passed, $failed failed$skips"
    [ $failed = 0 ] && [ $passed -gt 0 ]
    exit
}
