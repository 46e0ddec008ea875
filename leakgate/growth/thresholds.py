"""All thresholds in one value: growth, noise, signals, lives of workers, collections and pacing.

Each figure has its unit and its reason. "Checked by" names the test, the recording in `tests/data/recordings`, or the
generated program in `bench/generated/recordings`, whose answer changes with the figure. `make bench-thresholds` scales
each figure and prints what changes, so that a figure without effect is seen. `docs/judging.md` describes how the rules
use them.
"""

from dataclasses import dataclass, field
from typing import Final

from leakgate.growth.noise import Noise
from leakgate.model.metrics import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthThresholds:
    """When a floor rises, and when it is at rest (`growth/decision.py`)."""

    scales: tuple[int, ...] = (8, 6, 5, 4)
    """Numbers of sub-windows, fine to coarse. A leak in bursts rises steadily only on a scale that is coarser than the
    period of its bursts. Checked by `test_a_leak_in_bursts_is_sustained`."""
    starts: int = 12
    """How many starts of the window are tried. Each additional start adds a chance for a false alarm. Checked by
    the recordings catalog_sync-leak and quote_stream-leak."""
    standard_errors: float = 3.85
    """A rise is more than chance if its mean step exceeds zero by this many standard errors: one chance in 17,000 for a
    single test, and below 1 in 200 for all starts and scales together. Checked by
    `test_memory_that_wanders_is_seldom_called_growing`."""
    suspected_errors: float = 2.0
    """A rise of this many standard errors, one chance in 44, is watched for longer, unless a later part of the watch
    was at rest and would have shown the rise. Checked by the recording sensor_log-leak."""
    lags: int = 3
    """A number of fine floors. Steps up to this far apart may depend on each other, like those of batches. Checked by
    the generated programs g007 and g057."""
    least_rise_s: float = 6.0
    """Seconds. A rise that was watched for less is not called sustained. Checked by
    `test_a_rise_that_was_watched_too_briefly_is_not_decided`."""
    least_share: float = 0.4
    """Share of the time watched. A floor that first behaved differently counts as at rest, or as rising, only if it has
    been so for at least this share: every curve looks flat, or straight, in a short window. Checked by
    `test_a_cache_that_filled_up_late_is_not_decided`."""
    kept_rate: float = 0.75
    """The late half must rise by this share of the early half: a cache that fills slows down. Checked by
    `test_a_cache_that_fills_ever_slower_is_never_sustained`."""
    clear_of_uncertainty: float = 3.0
    """A multiple of the uncertainty of a floor. A smaller rise may come from the readings and not from the memory.
    Checked by the recordings feed_importer-ok and job_queue-ok."""
    quiet: float = 0.25
    """Share of the mean rise. A fine sub-window that rises by less is at rest. Checked by
    `test_a_cache_that_filled_up_late_is_not_decided`."""
    burst: float = 0.4
    """Share of the largest rise. Smaller rises belong to a warm-up and are not bursts of a leak. Checked by
    the recording codec_gateway-ok."""
    rest: float = 1.5
    """A multiple of the longest rest between two rises. A floor that rose before counts as at rest only after a longer
    rest. Checked by `test_pauses_between_bursts_are_not_rest`."""

    @property
    def fine_scales(self) -> tuple[int, int]:
        """Numbers of fine sub-windows, twice the finest scale; the second number is used if readings are rare."""
        return 2 * self.scales[0], self.scales[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseThresholds:
    """How much each quantity moves in a program at rest (`growth/noise.py`)."""

    heap: Noise = field(default=Noise(per_s=2_000, at_least=12_000))
    """An exact count. Interned strings, specialised bytecode and free lists move it by a few hundred blocks now and
    then. 2 KB/s is half the rate of the slowest leak that must be found. Checked by the recording
    token_normalizer-ok."""
    native: Noise = field(default=Noise(per_s=2_000, at_least=24_000))
    """An exact count, but the allocator's cache of each thread keeps up to 7 chunks of each of 64 sizes (glibc
    malloc.c, TCACHE_FILL_COUNT) and counts them as used. Checked by the generated programs g004 and g015."""
    resident: Noise = field(default=Noise(per_s=16_000, at_least=400_000))
    """Pages of the kernel: heaps grow in steps of 128 KiB (M_TOP_PAD) and 1 MiB (Python's arenas), and memory that is
    free for the allocator is still resident. Only growth that no counter explains is judged by it. Checked by
    `test_resident_memory_that_starts_to_rise_late_keeps_the_answer_open`."""

    def of(self, metric: Metric) -> Noise:
        """The noise of a metric that is judged."""
        match metric:
            case Metric.HEAP:
                return self.heap
            case Metric.NATIVE:
                return self.native
            case _:
                return self.resident


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalThresholds:
    """Which readings are judged (`growth/signals.py`)."""

    startup_s: float = 1.0
    """Seconds. Readings before this are not judged: the interpreter starts and the first imports run. Checked by
    `test_a_process_has_its_heap_its_native_memory_and_what_neither_explains`."""
    long_lived_share: float = 0.4
    """Share of the time watched. A child that lived for less is short-lived: its memory was given back. Checked by
    `test_a_child_is_long_lived_from_two_fifths_of_the_watch_on`."""
    alive_share: float = 0.9
    """Share of the time watched. A child that was last seen before this has ended. Checked by
    `test_a_child_is_long_lived_from_two_fifths_of_the_watch_on`."""
    warmup_share: float = 1 / 3
    """Share of the time watched. Memory that a warm-up frees is reused only once, so it does not count as recurring
    holes. Checked by `test_what_a_warm_up_frees_once_leaves_no_holes_later`."""
    exact_weight: float = 8.0
    """Resident memory leads only if it grows this many times faster than an exact counter. Checked by
    `test_an_exact_counter_weighs_as_much_as_resident_memory_that_grows_eight_times_as_fast`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivesThresholds:
    """When workers that are replaced count as growing (`growth/lives.py`, `growth/life_shape.py`)."""

    least_lives: int = 2
    """Lives. One life is not proof that the next one grows too. Checked by `test_one_life_is_no_answer`."""
    least_steps: int = 8
    """Steps of all lives together. With fewer steps, Student's test has no power. Checked by
    `test_few_steps_are_no_answer`."""
    parts: tuple[tuple[int, int], ...] = ((8, 3), (4, 2))
    """The number of parts of a life, and the least readings in each part; the second pair is for lives of about a
    second. Checked by `test_a_short_life_is_cut_in_fewer_parts`."""
    laid_over: int = 24
    """Readings that are combined if lives take a fraction of a second: six for each of four parts. Checked by
    `test_very_short_lives_are_laid_over_each_other`."""
    warmup_share: float = 0.25
    """Share of each life that is its warm-up. A longer warm-up slows down, which shows in the late half. Checked by
    `test_the_warm_up_of_each_life_is_no_leak`."""
    least_late_steps: int = 3
    """Steps of a life that must remain after a longer warm-up than usual. With two, each half would be one step.
    Checked by `test_three_steps_must_remain_after_a_longer_warm_up`."""
    end_share: float = 0.1
    """Share of each life at its end, in which a leak must continue. A start-up of up to 90 % of a life is over by then.
    Checked by `test_a_start_up_that_takes_most_of_a_life_is_no_leak`."""
    kept_at_end: float = 0.6
    """Share of the late rise that must continue in that end. It is below 1, because that end has few readings. Checked
    by the same test."""
    short_job_s: float = 1.0
    """Seconds. A process that lives for less, and is not known to belong to a pool, was started for one short job: what
    it leaks is freed when it ends. Checked by
    `test_processes_for_one_short_job_each_are_named_but_leave_the_answer`."""
    several_jobs: int = 5
    """Processes that must have been seen before the report says that each job has its own process. Checked by
    `test_a_few_short_helpers_are_left_out`."""
    notable_share: float = 0.1
    """The report says this only if such processes were alive in at least this share of the watch: an occasional short
    helper does not do the work of a program. Checked by `test_helpers_that_ended_soon_are_not_missed`."""
    hidden_per_s: float = 50_000.0
    """Bytes per second in one worker. If workers at rest could hide a faster leak, the answer is open: 200 bytes a
    task, at 250 tasks a second. A life of a second at rest can hide 48 KB/s, the noise of its native memory in the
    judged half. Checked by `test_workers_whose_lives_hide_a_fast_leak_are_no_quiet_pass`."""
    very_many: int = 64
    """Processes of a role that count as busy all the time: half of those that have readings of their own
    (`MAX_PROCESSES` in `measure/recorder.py`). Checked by `test_very_many_processes_count_as_busy_all_the_time`."""
    least_collections: int = 4
    """Full collections that must have been seen in workers. Checked by `test_garbage_in_short_lives_is_no_leak`."""
    kept_by_collections: float = 0.5
    """Share of each further byte of growth that must remain after a collection. Checked by the same test."""
    clear: float = 3.0
    """A multiple of the noise. Lives that are too few, or differ too much, to exclude a larger growth are not at rest
    but undecided; the same multiple as for an early answer (`early_swing`). Checked by
    `test_lives_that_could_hide_a_leak_are_not_at_rest`."""
    clear_per_s: float = 20_000.0
    """Bytes per second. Lives that exclude growth above this rate are at rest too: 10 times the noise of the heap. The
    report states it. A web worker that is replaced after 1,000 requests and 4 s needs it (18.9 KB/s, 80 bytes per
    request): its first requests fill caches for half of its life. Checked by
    `test_a_web_worker_that_warms_up_for_half_of_its_life_is_at_rest`."""
    shortest_censored: float = 0.5
    """Share of the usual life. A worker that is still alive at the end and is younger is left out if enough others
    remain: its warm-up is too large a part of what was seen. Checked by
    `test_a_worker_that_has_just_started_is_left_out`. """


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlingThresholds:
    """When leakgate asks for a full collection (`pacing/settling.py`)."""

    first_suspicion_s: float = 2.5
    """Seconds. Before this, the program is still starting. Checked by
    `test_garbage_is_told_from_a_leak_by_collections`."""
    suspicion_s: float = 4.0
    """Seconds. How far back leakgate looks for growth that a collection should confirm. Checked by
    `test_a_rise_is_suspected_from_the_last_four_seconds`."""
    every_s: float = 1.0
    """Seconds. The least time between two collections. Checked by `test_garbage_is_told_from_a_leak_by_collections`."""
    pause_share: float = 25.0
    """The time between two collections is at least this many times the longest collection, so that collections take at
    most 4 % of the time. Checked by `test_collections_that_take_long_are_rare`."""
    long_pause_s: float = 0.03
    """Seconds. Longer collections are requested only for a lasting rise. Checked by
    `test_a_large_heap_that_is_being_loaded_is_left_alone`."""
    pause_per_byte_s: float = 1.2e-9
    """Seconds for each byte of the heap. The expected time of the first collection: 190 ms for 2 million objects of 80
    bytes. Checked by `test_a_large_heap_that_is_being_loaded_is_left_alone`."""
    long_suspicion_s: float = 8.0
    """Seconds. Loading a large heap takes seconds: only a rise that lasts longer, and continues, is worth a long pause.
    Checked by `test_a_large_heap_must_rise_in_each_of_four_stretches_of_two_seconds`."""
    long_stretches: int = 4
    """That time is cut into this many stretches; memory must rise from each stretch to the next. Checked by
    `test_a_large_heap_must_rise_in_each_of_four_stretches_of_two_seconds`."""
    still: float = 0.25
    """Share of the mean rise. A rise continues if its last second added more than this share. Checked by
    `test_a_large_heap_is_collected_only_while_it_still_rises_at_its_mean_rate`."""
    recent_s: float = 4.0
    """Seconds. The memory in use now is the lowest reading of this time, because young garbage comes and goes. Checked
    by `test_the_memory_in_use_now_is_the_lowest_of_four_seconds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingThresholds:
    """How long to watch (`pacing/pacer.py`, `early_ok.py`, `early_leak.py`), and to look closer (`look_plan.py`)."""

    extension: float = 2.0
    """A multiple of the duration. An undecided program is watched for at most this long. Checked by
    `test_an_undecided_script_is_watched_for_longer_and_then_explained`."""
    fresh_s: float = 3.0
    """Seconds. After a closer look, nothing is concluded until the program was watched again for this long. Checked by
    `test_nothing_is_concluded_from_the_moment_after_a_closer_look`."""
    rewatch_s: float = 12.0
    """Seconds to watch again after tracing withdrew an answer: counters are not comparable across a tracing window.
    Checked by `test_after_tracing_counters_are_watched_before_the_program_is_called_healthy`."""
    early_ok_s: float = 12.0
    """Seconds. No program is called healthy earlier. Checked by
    `test_a_script_at_rest_is_called_healthy_early_without_a_collection`."""
    early_ok_share: float = 0.6
    """Share of the duration. No program is called healthy earlier: a leak may start late. Checked by the same test."""
    early_swing: float = 3.0
    """A multiple of the noise. A program is not called healthy early if its own swings hide a larger rise. Checked by
    `test_a_swing_that_would_hide_a_slow_leak_has_its_time`."""
    early_start_share: float = 0.35
    """Share of the time watched. An early answer needs a judged window that starts before this. Checked by
    `test_the_configured_warm_up_is_not_judged_while_watching`."""
    early_leak_s: float = 11.0
    """Seconds. No program is called leaking earlier: with 8 s, caches that fill at a constant rate were suspected more
    often (the recording session_table-ok). Checked by
    `test_a_leak_is_looked_at_before_it_ends_early_and_is_explained`."""
    early_leak_share: float = 0.55
    """Share of the duration. No program is called leaking earlier: with 0.4, the recording phrase_book-ok was suspected
    after 12 s of 30. Checked by the same test."""
    early_served: int = 2_000
    """Requests that a server must have answered in the judged window. It is then judged earlier, and by the bytes that
    each request keeps: caches of a server fill with its requests. Twice the size of a usual cache, 1,024 entries.
    Checked by `test_a_server_that_answered_many_requests_is_judged_earlier`."""
    early_served_s: float = 8.0
    """Seconds. No such server is called leaking earlier: its program starts for up to 2 s, and a rise must last for 6 s
    (`least_rise_s`). Checked by the same test."""
    early_served_share: float = 0.4
    """Share of the duration. No such server is called leaking earlier. It is the share of 20 s that `early_served_s`
    is. Checked by the same test."""
    early_turns: int = 4
    """Turns that each route of such a server must have had in the judged window, so that the report can name the route
    that leaks: with fewer, its growth does not exceed chance. Checked by
    `test_a_server_with_many_routes_is_judged_when_each_had_some_turns`."""
    early_per_request: float = 50.0
    """Bytes for each request. From this on, a leak of such a server may be concluded early, at any number of requests
    per second: a leak of 200 bytes that four workers share. Checked by
    `test_a_leak_of_a_server_is_fast_if_each_request_keeps_enough`."""
    early_errors: float = 5.0
    """An early answer of a leak needs this many standard errors: one chance in 3 million each time leakgate looks,
    which is twice a second. Checked by `test_few_bursts_are_no_reason_to_end_early`."""
    early_kept_rate: float = 0.8
    """Share. For an early answer of a leak, the late half must rise by this share of the early half. Checked by
    `test_an_early_answer_needs_each_of_its_figures`."""
    early_rests: int = 6
    """A rise must last for this many times the longest rest between bursts before an early answer: a few steps of a
    memory pool look like bursts. Checked by `test_few_bursts_are_no_reason_to_end_early`."""
    early_per_s: float = 50_000.0
    """Bytes per second. A slower leak is not concluded early. Checked by
    `test_a_slow_leak_is_watched_to_the_end_and_traced_for_longer`."""
    very_steady: float = 0.85
    """Share. If the weakest part and the late half of a rise keep this share, the rise is steady enough for a leak
    although no holder was found. Checked by `test_what_nothing_holds_may_have_been_loaded_just_now`."""
    steady: float = 0.6
    """Share. A rise whose weakest part keeps less is traced for longer. Checked by
    `test_a_slow_leak_is_watched_to_the_end_and_traced_for_longer`."""
    check_s: float = 2.0
    """Seconds. How long a look at the holders takes. Checked by
    `test_a_look_at_the_holders_takes_two_seconds_and_traces_nothing`."""
    trace_s: float = 4.0
    """Seconds. How long allocations are traced. Checked by
    `test_a_look_takes_four_seconds_and_nine_if_growth_is_slow_or_uneven`."""
    trace_slow_s: float = 9.0
    """Seconds. The same for a slow leak, which needs longer to show in every part of the window. Checked by
    `test_a_look_takes_four_seconds_and_nine_if_growth_is_slow_or_uneven`."""
    longest_look_s: float = 12.0
    """Seconds. No look takes longer, also if the leak rests for longer between bursts. Checked by
    `test_a_look_lasts_for_longer_than_a_rest_but_for_twelve_seconds_at_most`."""
    share_of_life: float = 0.25
    """Share of the life of a worker that is replaced, after its start-up. No part of a look takes longer: up to three
    parts follow one another, and a quarter of that time may be over when the look begins. Checked by
    `test_a_look_at_workers_that_are_replaced_takes_a_quarter_of_the_life_after_their_start_up`."""
    over_a_rest: float = 1.3
    """A multiple of the longest rest between bursts. A look lasts at least this long. Checked by
    `test_a_leak_in_bursts_is_looked_at_for_longer_than_it_rests`."""
    kept_share: float = 0.3
    """Share of the growth of the heap. If the holders that grow keep less, an early answer is doubted: a cache that
    filled may have made the rest, and the rate would be too high. Checked by
    `test_holders_that_keep_little_of_the_growth_make_an_early_answer_doubtful`."""
    kept_most: float = 0.5
    """Share of the growth of the heap. A holder that keeps more than the rest together is not searched for again while
    a fast leak that is not steady is traced. Checked by
    `test_a_fast_leak_that_is_not_steady_is_looked_at_once_if_one_holder_keeps_most_of_it`."""
    confirming_share: float = 0.01
    """Share of the expected growth. Tracing slows programs up to a hundred times. If less than this share grows while
    allocations are traced, the watched growth was something else. Checked by
    `test_an_answer_is_taken_back_where_nothing_grew_while_it_was_explained`."""
    confirming_new: float = 0.25
    """Share of the blocks that were allocated while tracing and live on. If live memory rose by fewer blocks, most of
    them replaced older ones, as in a full queue: one that held 4,000 entries kept 270 new blocks, and live memory rose
    by 15 to 26. Checked by `test_new_blocks_that_replace_older_ones_do_not_confirm_an_answer`."""
    confirming_entries: float = 5.0
    """Entries. A holder that grew by fewer does not confirm growth alone: four waiting tasks of a busy server were once
    seen to rise from look to look. Checked by `test_a_few_tasks_more_do_not_confirm_an_answer`."""
    confirming_share_unplaced: float = 0.2
    """The same for native memory without a known allocation site: tracing slows Python code, but not native threads.
    Checked by `test_native_growth_is_confirmed_by_what_the_allocator_counted`."""
    untraced_share: float = 0.2
    """Share of all growth. If more of it is not on Python's heap, native memory is sampled as well, for up to 2 s. The
    samples are used where tracing sees less than 0.6 of the growth (`WELL_TRACED` in `blame/sites.py`); this is half of
    the rest, because memory may grow in another way while it is explained. Checked by
    `test_native_memory_is_sampled_only_where_it_grows`."""
    resources_s: float = 5.0
    """Seconds. How long the probe looks for the code that creates resources which pile up. Checked by
    `test_resources_that_pile_up_are_looked_at_for_five_seconds`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """All thresholds."""

    growth: GrowthThresholds = field(default_factory=GrowthThresholds)
    noise: NoiseThresholds = field(default_factory=NoiseThresholds)
    signals: SignalThresholds = field(default_factory=SignalThresholds)
    lives: LivesThresholds = field(default_factory=LivesThresholds)
    settling: SettlingThresholds = field(default_factory=SettlingThresholds)
    pacing: PacingThresholds = field(default_factory=PacingThresholds)


IN_FORCE: Final = Thresholds()
