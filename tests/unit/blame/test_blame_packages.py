"""The distributions in a traceback, found by the names of folders only."""

from pathlib import Path

from leakgate.blame.packages import installed_packages
from leakgate.model.explanation import Package


def site_packages(root: Path, *names: str) -> Path:
    folder = root / "lib" / "python3.11" / "site-packages"
    for name in names:
        (folder / name).mkdir(parents=True)
    return folder


def test_the_metadata_beside_a_file_names_its_distribution(tmp_path: Path) -> None:
    folder = site_packages(tmp_path, "aiohttp", "aiohttp-3.10.10.dist-info", "attrs-23.1.0.dist-info", "x.egg-info")
    assert installed_packages([f"{folder}/aiohttp/web_app.py", "/home/ada/shop.py"]) == (Package("aiohttp", "3.10.10"),)


def test_names_are_compared_in_their_normal_form(tmp_path: Path) -> None:
    folder = site_packages(
        tmp_path, "netCDF4-1.7.2.dist-info", "pydantic_core-2.14.5.dist-info", "six-1.16.0.dist-info"
    )
    files = [f"{folder}/netCDF4/utils.py", f"{folder}/pydantic_core/core.py", f"{folder}/six.py"]
    assert installed_packages(files) == (
        Package("netcdf4", "1.7.2"),
        Package("pydantic-core", "2.14.5"),
        Package("six", "1.16.0"),
    )


def test_all_that_share_a_namespace_are_named(tmp_path: Path) -> None:
    folder = site_packages(tmp_path, "opentelemetry_api-1.40.0.dist-info", "opentelemetry_sdk-1.31.1.dist-info")
    found = installed_packages([f"{folder}/opentelemetry/metrics/_internal/__init__.py"])
    assert [package.name for package in found] == ["opentelemetry-api", "opentelemetry-sdk"]


def test_folders_that_are_not_there_name_nothing(tmp_path: Path) -> None:
    assert installed_packages([f"{tmp_path}/site-packages/aiohttp/web_app.py", "/site-packages/\0/x.py", ""]) == ()


def test_windows_paths_are_understood() -> None:
    assert installed_packages(["C:\\venv\\Lib\\site-packages\\aiohttp\\web.py"]) == ()
