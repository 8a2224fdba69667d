"""The optimizer agent: what a plan would be if it were asked otherwise, from re-solves only."""

from rmnctl.agents.optimizer.agent import OptimizerAgent, OptimizerAnswer
from rmnctl.agents.optimizer.question import Ask, Question, read_question

__all__ = ["Ask", "OptimizerAgent", "OptimizerAnswer", "Question", "read_question"]
