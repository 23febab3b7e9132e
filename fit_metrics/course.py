"""The course of clients from session to session."""

from __future__ import annotations

from fit_metrics._course_chance import ImprovementChance, improvement_chance
from fit_metrics._course_dose import DoseResponse, dose_response
from fit_metrics._course_improvement import FirstImprovement, first_reliable_improvement
from fit_metrics._course_mean import MeanCourse, mean_course
from fit_metrics._course_time import time_to_reliable_improvement

__all__ = [
    "DoseResponse",
    "FirstImprovement",
    "ImprovementChance",
    "MeanCourse",
    "dose_response",
    "first_reliable_improvement",
    "improvement_chance",
    "mean_course",
    "time_to_reliable_improvement",
]
