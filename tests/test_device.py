"""Devices and number formats: taken or refused, never replaced without a word."""

from __future__ import annotations

import pytest

from masksmooth_filter import cuda
from masksmooth_filter.errors import DeviceError, OptionError
from masksmooth_filter.segment import device
from masksmooth_filter.segment.device import cpu_flags, resolve_device, resolve_precision


def test_cuda_that_is_not_there_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "has_nvidia_driver", lambda: False)
    for name in ("cuda", "cuda:1"):
        with pytest.raises(DeviceError, match=rf"{name} cannot be used: no NVIDIA driver .*--device cpu"):
            resolve_device(name)
    assert (resolve_device("auto"), resolve_device("cpu")) == ("cpu", "cpu")
    with pytest.raises(OptionError, match="choose auto, cpu, cuda or cuda:N"):
        resolve_device("tpu")


@pytest.mark.deeplab
def test_a_driver_without_a_device_and_a_device_that_is_not_there_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    monkeypatch.setattr(cuda, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(DeviceError, match="built without CUDA"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="no CUDA device"):
        resolve_device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert (resolve_device("auto"), resolve_device("cuda:1")) == ("cuda", "cuda:1")
    with pytest.raises(DeviceError, match="only 2 CUDA devices"):
        resolve_device("cuda:2")


@pytest.mark.parametrize(
    ("flags", "precision"),
    [({"avx2"}, "fp32"), ({"avx512f"}, "fp32"), ({"avx512_bf16"}, "bf16"), ({"amx_bf16", "avx2"}, "bf16")],
)
def test_a_cpu_computes_in_bf16_where_it_has_the_instructions(
    flags: set[str], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "cpu_flags", lambda: frozenset(flags))
    assert resolve_precision("auto", "cpu") == precision
    assert resolve_precision("bf16", "cpu") == "bf16"
    assert resolve_precision("fp32", "cpu") == "fp32"


def test_fp16_is_refused_on_a_cpu() -> None:
    with pytest.raises(OptionError, match="--precision fp16 needs a CUDA device; use fp32 or bf16"):
        resolve_precision("fp16", "cpu")


@pytest.mark.deeplab
def test_the_kernels_cpu_flags_are_those_torch_finds() -> None:
    import torch

    capability = torch.backends.cpu.get_cpu_capability()
    flags = cpu_flags()
    if not flags:
        pytest.skip("this kernel does not tell the CPU's flags")
    assert ("avx2" in flags) == (capability in ("AVX2", "AVX512"))
    assert ("avx512_bf16" in flags) == torch.cpu._is_avx512_bf16_supported()


@pytest.mark.gpu
def test_cuda_computes_in_bf16_where_its_tensor_cores_do() -> None:
    if resolve_device("auto") != "cuda":
        pytest.skip("no CUDA device")
    import torch

    native = torch.cuda.get_device_capability()[0] >= 8
    assert resolve_precision("auto", "cuda") == ("bf16" if native else "fp16")
