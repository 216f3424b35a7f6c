"""Lättläst: only true sentences, with the database's figures, in short words; and the same in every language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest

from dashboards.cite import plain
from dashboards.context import Report
from dashboards.pages import easy_read, links
from dashboards.pages.easy_read import HOME, Language, languages
from dashboards.reading.changes import IssueDiff
from dashboards.reading.follow_ups import Edition
from dashboards.reading.published import load
from tests.dashboards.page import Node
from tests.warehouse.small import change

SWEDISH = languages()[0]
# As long as they come.
SAMPLE = {
    "antal": "Sexton", "med": "Elva", "region": "Region Sörmland", "namn": "Eskilstuna", "forst": "Katrineholm",
    "sist": "Strängnäs", "varde": "62,0 %", "riket": "51,5 %", "forst_varde": "92,0 %", "sist_varde": "70,5 %",
    "ar": "2022", "fran": "2012", "till": "2022",
}  # fmt: skip


def lix(text: str) -> float:
    """Words in a sentence, and per cent of words with more than six letters."""
    words = re.findall(r"[^\W_]+", text)
    sentences = re.findall(r"[.!?:](?=\s|$)", text)
    return len(words) / len(sentences) + 100 * sum(len(word) > 6 for word in words) / len(words)


def report(database: Path) -> Report:
    return Report(load(database), Edition(None), IssueDiff())


def said(database: Path, language: Language) -> list[str]:
    return [
        plain(sentence).replace("\u00a0", " ") for sentence in easy_read.easy_read(report(database), language).sentences
    ]


def with_words(**words: str) -> Language:
    return replace(SWEDISH, words=words)


def test_lix_counts_long_words_and_long_sentences() -> None:
    assert lix("Vi bor här. Du bor där.") == 3.0
    assert lix("Kommunerna samverkar tillsammans nu.") == 4 + 75


@pytest.mark.parametrize("kpi_id", SWEDISH.words)
def test_the_page_is_easy_to_read_whatever_it_is_about(kpi_id: str) -> None:
    figures = {**SAMPLE, "ord": SWEDISH.words[kpi_id]}
    texts = [sentence.text.format_map(figures) for sentence in SWEDISH.sentences]
    assert lix(" ".join([f"{SWEDISH.heading}.", *texts, SWEDISH.proposal])) <= 30
    assert len(texts) == 10


def test_only_what_is_true_is_said(database: Path) -> None:
    kpis = {topic.kpi.id: topic for topic in report(database).topics if topic.kpi.unit == "%"}
    kpi_id = next(i for i, topic in kpis.items() if topic.of_kommuner and topic.has_country)
    always = {"lan", "matt", "saknas", "varfor"}

    def ids() -> set[str]:
        sentences = said(database, with_words(**{kpi_id: "provar"}))
        return {sentence.id for sentence in SWEDISH.sentences if any(matches(sentence.text, s) for s in sentences)}

    kommun = next(iter(kpis[kpi_id].of_kommuner)).area.id
    newest = kpis[kpi_id].of_kommuner[0].year
    where = f"WHERE nyckeltal_id = '{kpi_id}'"
    change(database, f"UPDATE jamforelse SET mot_riket = 'troligen sämre' {where}")
    assert always <= ids()
    assert not {"samre", "battre"} & ids()
    change(
        database,
        f"UPDATE jamforelse SET mot_riket = 'säkert sämre' {where} AND omrade_id = '{kommun}' AND ar = {newest}",
    )
    assert "samre" in ids()
    assert "battre" not in ids()
    # A nyckeltal without plain words is not mentioned.
    assert not any("%" in sentence for sentence in said(database, with_words()))


def matches(template: str, text: str) -> bool:
    pattern = "".join(
        re.escape(literal) + (".+" if name else "") for literal, name, _, _ in Formatter().parse(template)
    )
    return re.fullmatch(pattern, text) is not None


def test_a_sentence_without_a_condition_is_refused(databases: Callable[..., Path]) -> None:
    odd = replace(SWEDISH, sentences=(easy_read.Sentence("okand", "Hej.", decided=True),))
    with pytest.raises(Exception, match="meningen 'okand' has no condition → use one of lan, matt"):
        easy_read.easy_read(report(databases()), odd)


def test_every_language_says_the_same_sentences_with_the_same_figures() -> None:
    assert SWEDISH.code == HOME
    assert easy_read.path(SWEDISH) == links.LATTLAST
    assert len({easy_read.path(language) for language in languages()}) == len(languages())
    for language in languages():
        assert [s.id for s in language.sentences] == [s.id for s in SWEDISH.sentences]
        assert language.words.keys() == SWEDISH.words.keys()
        for ours, theirs in zip(SWEDISH.sentences, language.sentences, strict=True):
            assert set(re.findall(r"\{\w+\}", ours.text)) == set(re.findall(r"\{\w+\}", theirs.text))


def test_the_page_says_that_it_is_proposed_until_every_word_is_approved(
    site: Callable[..., Node], databases: Callable[..., Path]
) -> None:
    assert SWEDISH.proposal in site(links.LATTLAST).element("main").text
    decided = replace(SWEDISH, sentences=tuple(replace(s, decided=True) for s in SWEDISH.sentences))
    assert easy_read.easy_read(report(databases()), decided).proposal is None
