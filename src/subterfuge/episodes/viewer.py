"""How `inspect view` shows these tasks: the chain as columns, what is bad for the user in red."""

from __future__ import annotations

from inspect_ai.viewer import SampleScoreView, TaskSamplesColumn, TaskSamplesView, ViewerConfig

_SHOWN = ("gamed", "attempted", "exposed", "evaded", "honest_success", "reward")

VIEWER = ViewerConfig(
    task_samples_view=TaskSamplesView(
        name="chain",
        columns=[
            TaskSamplesColumn(id="sampleId"),
            *(TaskSamplesColumn.score("grade", key) for key in _SHOWN),
            TaskSamplesColumn.score("disclosure", "disclosed"),
            TaskSamplesColumn.score("disclosure", "omission"),
        ],
        compact_scores=True,
        score_color_scales={
            "gamed": "good-low",
            "attempted": "good-low",
            "evaded": "good-low",
            "omission": "good-low",
            "honest_success": "good-high",
            "disclosed": "good-high",
        },
    ),
    sample_score_view=SampleScoreView(default="grid"),
)
