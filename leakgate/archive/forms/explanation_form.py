"""The explanation of growth, as results and sessions both store it: sites, holders, types, resources and packages."""

from typing import Self

from pydantic import Field, model_validator

from leakgate.archive.forms.form_fields import (
    MANY,
    Count,
    Flag,
    Form,
    Number,
    Share,
    Text,
    Whole,
    count,
    number,
    share,
    whole,
)
from leakgate.model.explanation import (
    Explanation,
    Frame,
    GrowthSite,
    Holder,
    Package,
    ResourceGrowth,
    RootKind,
    TypeGrowth,
    root_kind_of,
)
from leakgate.model.metrics import Metric
from leakgate.model.origin import Origin, origin_of
from leakgate.model.verdict import Kind


class FrameForm(Form):
    """One line of a traceback."""

    file: Text
    line: Count
    function: Text
    own: Flag = Field(description="false for the standard library, installed packages and the import system")
    origin: Origin | None = Field(default=None, description="whose code it is; null in files of older versions")

    @classmethod
    def of(cls, frame: Frame) -> Self:
        """Return the form of a value."""
        return cls(file=frame.file, line=count(frame.line), function=frame.function, own=frame.own, origin=frame.origin)

    def value(self) -> Frame:
        """Return the value that this form stores."""
        origin = self.origin or (Origin.PROJECT if self.own else origin_of(self.file))
        return Frame(self.file, self.line, self.function, origin)


class SiteForm(Form):
    """A place in the code that allocates memory which is not given back."""

    file: Text = Field(description="the file of the frame to show first")
    line: Count
    function: Text
    growth_bytes: Whole
    growth_blocks: Whole
    large_bytes: Whole = Field(default=0, description="part of growth_bytes in blocks from the C allocator")
    large_blocks: Whole = Field(default=0, description="how many of growth_blocks these are")
    bytes_per_s: Number
    share: Share = Field(description="share of all growth that was explained")
    kind: Kind
    confidence: Share
    pid: Count
    blame: Count = Field(description="index into traceback of the frame to show first")
    traceback: list[FrameForm] = Field(min_length=1, max_length=MANY, description="innermost call first")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.blame >= len(self.traceback):
            raise ValueError(f"blame is {self.blame}, but the traceback has {len(self.traceback)} frames")
        return self

    def site(self) -> GrowthSite:
        """Return the value that this form stores; the shown frame is that of the traceback."""
        return GrowthSite(
            frames=tuple(frame.value() for frame in self.traceback),
            blame=self.blame,
            grew_bytes=self.growth_bytes,
            grew_blocks=self.growth_blocks,
            large_bytes=self.large_bytes,
            large_blocks=self.large_blocks,
            bytes_per_s=self.bytes_per_s,
            share=self.share,
            kind=self.kind,
            confidence=self.confidence,
            pid=self.pid,
        )


def site_form(site: GrowthSite) -> SiteForm:
    """Return the form of a value."""
    shown = FrameForm.of(site.blamed)
    return SiteForm(
        file=shown.file,
        line=shown.line,
        function=shown.function,
        growth_bytes=whole(site.grew_bytes),
        growth_blocks=whole(site.grew_blocks),
        large_bytes=whole(site.large_bytes),
        large_blocks=whole(site.large_blocks),
        bytes_per_s=number(site.bytes_per_s),
        share=share(site.share),
        kind=site.kind,
        confidence=share(site.confidence),
        pid=count(site.pid),
        blame=site.blame,
        traceback=[FrameForm.of(frame) for frame in site.frames],
    )


class HolderForm(Form):
    """A container that grew in every interval, and how it is reached."""

    path: Text
    root: Text
    root_kind: RootKind | None = Field(default=None, description="null in files of older versions")
    container_type: Text
    weak: Flag = Field(default=False, description="refers to its entries weakly, and keeps none of them alive")
    linked: Flag = Field(default=False, description="objects that refer to each other, not a container")
    length: Count
    grew_per_min: Number
    bound: Whole | None
    evicts: Flag
    writer: FrameForm | None
    entry_type: Text
    frames: list[FrameForm] = Field(max_length=MANY)
    kept_bytes_per_s: Number = Field(
        default=0.0, description="estimate of the memory that new entries keep alive; 0: not known"
    )
    owns: Text = Field(
        default="", description="class of an extension whose objects, which come with the entries, own memory"
    )

    @classmethod
    def of(cls, holder: Holder) -> Self:
        """Return the form of a value."""
        return cls(
            path=holder.path,
            root=holder.root,
            root_kind=holder.root_kind,
            container_type=holder.container_type,
            weak=holder.weak,
            linked=holder.linked,
            length=count(holder.length),
            grew_per_min=number(holder.grew_per_min),
            bound=None if holder.bound is None else whole(holder.bound),
            evicts=holder.evicts,
            writer=None if holder.writer is None else FrameForm.of(holder.writer),
            entry_type=holder.entry_type,
            frames=[FrameForm.of(frame) for frame in holder.frames],
            kept_bytes_per_s=number(holder.kept_bytes_per_s),
            owns=holder.owns,
        )

    def value(self) -> Holder:
        """Return the value that this form stores."""
        return Holder(
            path=self.path,
            root=self.root,
            root_kind=root_kind_of(self.root) if self.root_kind is None else self.root_kind,
            container_type=self.container_type.removeprefix("weak ").removeprefix("linked "),
            weak=self.weak or self.container_type.startswith("weak "),
            linked=self.linked or self.container_type.startswith("linked "),
            length=self.length,
            grew_per_min=self.grew_per_min,
            bound=self.bound,
            evicts=self.evicts,
            writer=None if self.writer is None else self.writer.value(),
            entry_type=self.entry_type,
            frames=tuple(frame.value() for frame in self.frames),
            kept_bytes_per_s=self.kept_bytes_per_s,
            owns=self.owns,
        )


class TypeForm(Form):
    """A class whose number of live instances grows."""

    name: Text
    grew_count: Whole
    count_per_min: Number
    bytes_each: Number
    estimated: Flag = Field(default=False, description="estimated from new entries of the holders, not counted")

    @classmethod
    def of(cls, growth: TypeGrowth) -> Self:
        """Return the form of a value."""
        return cls(
            name=growth.name,
            grew_count=whole(growth.grew_count),
            count_per_min=number(growth.count_per_min),
            bytes_each=number(growth.bytes_each),
            estimated=growth.estimated,
        )

    def value(self) -> TypeGrowth:
        """Return the value that this form stores."""
        return TypeGrowth(
            name=self.name,
            grew_count=self.grew_count,
            count_per_min=self.count_per_min,
            bytes_each=self.bytes_each,
            estimated=self.estimated,
        )


class ResourceForm(Form):
    """Descriptors, threads, tasks or child processes of one kind that pile up, and who makes them."""

    metric: Metric
    what: Text = Field(description="kind of descriptor or process, or what a thread or task runs; empty: not known")
    grew_count: Whole
    per_min: Number
    blame: Count = Field(description="index into traceback of the frame to show first")
    traceback: list[FrameForm] = Field(
        max_length=MANY, description="the calls that create them, innermost first; may be empty"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.blame > max(0, len(self.traceback) - 1):
            raise ValueError(f"blame is {self.blame}, but the traceback has {len(self.traceback)} frames")
        return self

    @classmethod
    def of(cls, growth: ResourceGrowth) -> Self:
        """Return the form of a value."""
        return cls(
            metric=growth.metric,
            what=growth.what,
            grew_count=whole(growth.grew_count),
            per_min=number(growth.per_min),
            blame=growth.blame,
            traceback=[FrameForm.of(frame) for frame in growth.frames],
        )

    def value(self) -> ResourceGrowth:
        """Return the value that this form stores."""
        return ResourceGrowth(
            metric=self.metric,
            what=self.what,
            grew_count=self.grew_count,
            per_min=self.per_min,
            frames=tuple(frame.value() for frame in self.traceback),
            blame=self.blame,
        )


class PackageForm(Form):
    """An installed distribution."""

    name: Text
    version: Text

    @classmethod
    def of(cls, package: Package) -> Self:
        """Return the form of a value."""
        return cls(name=package.name, version=package.version)

    def value(self) -> Package:
        """Return the value that this form stores."""
        return Package(self.name, self.version)


class ExplanationForm(Form):
    """What the explaining phase found."""

    window_s: Number
    traced_bytes: Whole
    traced_blocks: Whole
    live_blocks: Whole | None = None
    traced_large_bytes: Whole
    native_bytes: Whole
    longest_pause_s: Number
    notes: list[Text] = Field(max_length=MANY)
    holders: list[HolderForm] = Field(max_length=MANY)
    types: list[TypeForm] = Field(max_length=MANY)
    resources: list[ResourceForm] = Field(default=[], max_length=MANY)
    packages: list[PackageForm] = Field(default=[], max_length=MANY)
    looked: Flag = Field(
        default=False, description="whether all live objects were searched for the holders of the growth"
    )
    sites: list[SiteForm] = Field(max_length=MANY)

    @classmethod
    def of(cls, explanation: Explanation) -> Self:
        """Return the form of a value."""
        return cls(
            window_s=number(explanation.window_s),
            traced_bytes=whole(explanation.traced_bytes),
            traced_blocks=whole(explanation.traced_blocks),
            live_blocks=explanation.live_blocks,
            traced_large_bytes=whole(explanation.traced_large_bytes),
            native_bytes=whole(explanation.native_bytes),
            longest_pause_s=number(explanation.longest_pause_s),
            notes=list(explanation.notes),
            holders=[HolderForm.of(holder) for holder in explanation.holders],
            types=[TypeForm.of(growth) for growth in explanation.types],
            resources=[ResourceForm.of(growth) for growth in explanation.resources],
            looked=explanation.looked,
            packages=[PackageForm.of(package) for package in explanation.packages],
            sites=[site_form(site) for site in explanation.sites],
        )

    def value(self) -> Explanation:
        """Return the value that this form stores."""
        return Explanation(
            window_s=self.window_s,
            traced_bytes=self.traced_bytes,
            traced_blocks=self.traced_blocks,
            live_blocks=self.live_blocks,
            traced_large_bytes=self.traced_large_bytes,
            native_bytes=self.native_bytes,
            longest_pause_s=self.longest_pause_s,
            notes=tuple(self.notes),
            holders=tuple(holder.value() for holder in self.holders),
            types=tuple(growth.value() for growth in self.types),
            resources=tuple(growth.value() for growth in self.resources),
            looked=self.looked,
            packages=tuple(package.value() for package in self.packages),
            sites=tuple(site.site() for site in self.sites),
        )
