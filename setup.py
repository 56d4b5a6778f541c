"""Metadata, dependencies and the files that a wheel holds; the settings of the tools are in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent

# Ranges, so that refsam_hf can live beside other packages; constraints.txt names the versions that were tested.
INSTALL_REQUIRES = [
    "torch>=2.6",
    "transformers>=5.17",
    "huggingface_hub>=1.5",
    "safetensors>=0.8",
    "datasets>=4.0",
    "accelerate>=1.10",
    "peft>=0.21",
    "evaluate>=0.4.6",
    "av>=18.0",
    "pycocotools>=2.0.10",
    "Pillow>=11.0",
    "numpy>=1.26",
    "tqdm>=4.66.3",
    "PyYAML>=6.0",
]

EXTRAS_REQUIRE = {
    # The masks of A2D-Sentences and JHMDB-Sentences.
    "benchmarks": ["h5py>=3.12", "scipy>=1.14"],
    "plots": ["matplotlib>=3.9"],
    # setuptools, because the test of the wheel builds one without a network.
    "dev": ["pytest>=8.4", "pytest-xdist>=3.6", "ruff>=0.12", "mypy>=1.16", "setuptools>=77", "tensorboard>=2.16"],
}

setup(
    name="refsam_hf",
    version="0.1.0",  # the same as refsam_hf.__version__, which a test compares
    description="RefSAM, referring video object segmentation, for the Hugging Face ecosystem",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords="referring video object segmentation, segment anything, SAM, RefSAM, transformers, PEFT",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Recognition",
        "Typing :: Typed",
    ],
    python_requires=">=3.11",
    package_dir={"": "src"},
    packages=find_packages("src"),
    # Folders without Python code (the bundled checkpoint) are data of the package that they lie in.
    package_data={"refsam_hf": ["py.typed", "**/*.md", "checkpoints/**/*"]},
    install_requires=INSTALL_REQUIRES,
    extras_require=EXTRAS_REQUIRE,
    entry_points={"console_scripts": ["refsam = refsam_hf.cli:main"]},
    zip_safe=False,
)
