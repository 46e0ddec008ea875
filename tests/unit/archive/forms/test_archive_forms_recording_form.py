"""The evidence file of a session, as older versions wrote it."""

from leakgate.archive.forms.recording_form import load_evidence

OLD = """{"kind":"header","schema":"leakgate.session/1"}
{"kind":"series","process":null,"metric":"uss","settled":false,"t_s":[0.5,1.5],"values":[1000,2000]}
{"kind":"series","process":null,"metric":"rss","settled":false,"t_s":[0.5,1.5],"values":[3000,4000]}
{"kind":"end","lines":3}
"""


def test_a_metric_that_is_no_longer_read_is_skipped() -> None:
    processes, tree, _work, _suite = load_evidence(OLD)
    assert processes == ()
    assert [series.metric.value for series in tree] == ["rss"]
