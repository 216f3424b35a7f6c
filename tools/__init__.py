"""Programs that measure and play: benchmarks, a cluster on one machine, mutants.

Nothing imports them, neither the product nor its tests; they may import both. `make` runs them.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Real Kolada vintages, which lie beside the project and are no part of it.
ARCHIVES = ROOT.parent / "shared" / "data"
