"""The rules of the table of builtins: the simulator refuses a call that breaks one. Legal calls: test_overloads.py."""

from __future__ import annotations

from builtin_calls import APART, SIZES, SPECIAL, Overload, call, every_overload, has
from harness import ARCH

DEVICE = "mtp_270"
ELSEWHERE = ("gdramset", "memcpy_to_cluster_async")  # not of NRAM; the second one is in test_union.py


def chosen() -> list[Overload]:
    """One overload of each operation of the compiler: of floats where there is a choice, as the memory holds floats."""
    best: dict[str, Overload] = {}
    for o in every_overload():
        record = o.record
        if not record["isOperation"] or not has(o, ARCH[DEVICE]) or record["returns"] or record["opName"] in ELSEWHERE:
            continue
        if not record["params"] or o.name != f"{record['spellings'][0]['cName']}" and record["opName"] in best:
            continue
        if record["opName"] not in best or o.kinds[0] == "float *":
            best[record["opName"]] = o
    return list(best.values())


def broken_calls(o: Overload) -> dict[str, str]:
    """What was broken, and the call."""
    found = {}
    arch = ARCH[DEVICE]
    record = o.record
    values = SIZES | next((v for k, v in SPECIAL.items() if f"{o.name}(".startswith(k)), {})
    for rule in record["rules"]:
        if not rule["minArch"] <= arch <= rule["maxArch"] or rule["condition"] == "wram":
            continue
        first = rule["params"][0]
        if rule["kind"] == "Aligned":
            for name in rule["params"]:
                found[f"{name} at 4 bytes"] = call(o, shift=name)
        elif rule["kind"] == "Multiple":
            # One more element breaks a product only if the other factors are no multiples themselves.
            sizes = {p: 1 for p in rule["params"]} | {first: 3 if values[first] > 4 else 1}
            found[f"{'*'.join(rule['params'])} of {sizes[first]}"] = call(o, sizes)
        elif rule["kind"] == "Divides":
            found["no multiple"] = call(o, {rule["params"][1]: 160})
        elif rule["kind"] == "Between" and rule["low"] == 1 and "segments" not in first:
            found[f"{first} of 0"] = call(o, {first: 0})
    # Kernels of mlu-ops pool a vector to its own start, which the documents exclude: the simulator lets them.
    own_start = record["opName"].endswith("pool")
    if record["overlap"] == "Forbidden" and [p["role"] for p in record["params"]].count("Src") and not own_start:
        found["dst on a source"] = call(o, same=True)
    return found


def test_broken_rules_are_refused(sim):
    broken = [(f"{o.record['opName']}: {what}", c) for o in chosen() for what, c in broken_calls(o).items()]
    assert len(broken) > 300
    cases = "\n".join(f"  case {i}: {c}; break;" for i, (_, c) in enumerate(broken))
    text = (
        f"#include <bang.h>\n__nram__ int8_t nram[{6 * APART}];\n__wram__ int8_t wram[{4 * APART}];\n"
        'extern "C" __mlu_global__ void k(int which) {\n'
        f"  __nramset((float *)nram, {6 * APART // 4}, 1.0f);\n  __memcpy(wram, nram, {4 * APART}, NRAM2WRAM);\n"
        f"  switch (which) {{\n{cases}\n  }}\n}}\n"
    )
    accepted = [f"{what}: {c}" for i, (what, c) in enumerate(broken) if not sim.run(text, i, device=DEVICE)]
    assert not accepted, "\n".join(accepted)
