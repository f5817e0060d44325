"""What Adaptive Cards are made of, as far as Teams reads them: one line of words per kind of element.

A word is `name:kind`, with `!` behind the name of what must be there. Kinds are `text`, `number`, `flag`, `object`,
`any`, a name in `CHOICES`, `{X}` for an object of kind X (`{}`: any element or action), `[kind]` for lists, `a|b` for
either. `@name` takes in the words of a base. From the published schema 1.5 and what 1.6 adds, then Teams' own names.
Source: microsoft/AdaptiveCards `schemas/`, Microsoft's Teams SDK `packages/cards`.
"""

from __future__ import annotations

from typing import Final

BASES: Final[dict[str, str]] = {
    "@element": "requires:object id:text isVisible:flag fallback:any height:BlockElementHeight|text separator:flag "
    "spacing:Spacing",
    "@input": "errorMessage:text isRequired:flag label:text labelPosition:InputLabelPosition labelWidth:text|number "
    "inputStyle:InputStyle",
    "@action": "requires:object title:text iconUrl:text id:text style:ActionStyle fallback:any tooltip:text "
    "isEnabled:flag mode:ActionMode",
}

SHAPES: Final[dict[str, str]] = {
    "Action.Execute": "@action verb:text data:text|object associatedInputs:AssociatedInputs",
    "Action.OpenUrl": "@action url!:text",
    "Action.ShowCard": "@action card:{AdaptiveCard}",
    "Action.Submit": "@action data:text|object associatedInputs:AssociatedInputs",
    "Action.ToggleVisibility": "@action targetElements!:[{TargetElement}]",
    "TargetElement": "elementId!:text isVisible:flag",
    "AdaptiveCard": (
        "version:text refresh:{Refresh} authentication:{Authentication} body:[{}] actions:[{}] "
        "selectAction:{} fallbackText:text backgroundImage:{BackgroundImage}|text minHeight:text rtl:flag "
        "speak:text lang:text verticalContentAlignment:VerticalContentAlignment $schema:text "
        "metadata:{Metadata}"
    ),
    "ActionSet": "@element actions!:[{}]",
    "Column": (
        "@element items:[{}] backgroundImage:{BackgroundImage}|text bleed:flag minHeight:text rtl:flag "
        "selectAction:{} style:ContainerStyle verticalContentAlignment:VerticalContentAlignment "
        "width:text|number"
    ),
    "ColumnSet": (
        "@element columns:[{Column}] selectAction:{} style:ContainerStyle bleed:flag minHeight:text "
        "horizontalAlignment:HorizontalAlignment"
    ),
    "Container": (
        "@element items!:[{}] selectAction:{} style:ContainerStyle "
        "verticalContentAlignment:VerticalContentAlignment bleed:flag backgroundImage:{BackgroundImage}|text "
        "minHeight:text rtl:flag"
    ),
    "Fact": "title!:text value!:text",
    "FactSet": "@element facts!:[{Fact}]",
    "Image": (
        "@element url!:text altText:text backgroundColor:text height:text|BlockElementHeight "
        "horizontalAlignment:HorizontalAlignment selectAction:{} size:ImageSize style:ImageStyle width:text"
    ),
    "ImageSet": "@element images!:[{Image}] imageSize:ImageSize",
    "TextRun": (
        "text!:text color:Colors fontType:FontType highlight:flag isSubtle:flag italic:flag selectAction:{} "
        "size:FontSize strikethrough:flag underline:flag weight:FontWeight"
    ),
    "Input.Choice": "title!:text value!:text",
    "Input.ChoiceSet": (
        "@element @input choices:[{Input.Choice}] isMultiSelect:flag style:ChoiceInputStyle value:text "
        "placeholder:text wrap:flag choices.data:{Data.Query}"
    ),
    "Input.Date": "@element @input max:text min:text placeholder:text value:text",
    "Input.Number": "@element @input max:number min:number placeholder:text value:number",
    "Input.Text": (
        "@element @input isMultiline:flag maxLength:number placeholder:text regex:text style:TextInputStyle "
        "inlineAction:{} value:text"
    ),
    "Input.Time": "@element @input max:text min:text placeholder:text value:text",
    "Input.Toggle": "@element @input title!:text value:text valueOff:text valueOn:text wrap:flag",
    "Media": "@element sources!:[{MediaSource}] poster:text altText:text captionSources:[{CaptionSource}]",
    "MediaSource": "mimeType!:text url!:text",
    "RichTextBlock": "@element inlines!:[{}] horizontalAlignment:HorizontalAlignment",
    "Table": (
        "@element columns:[{TableColumnDefinition}] rows:[{TableRow}] firstRowAsHeader:flag "
        "showGridLines:flag gridStyle:ContainerStyle horizontalCellContentAlignment:HorizontalAlignment "
        "verticalCellContentAlignment:VerticalAlignment"
    ),
    "TableCell": (
        "items!:[{}] selectAction:{} style:ContainerStyle verticalContentAlignment:VerticalContentAlignment "
        "bleed:flag backgroundImage:{BackgroundImage}|text minHeight:text rtl:flag"
    ),
    "TableColumnDefinition": (
        "width:text|number horizontalCellContentAlignment:HorizontalAlignment "
        "verticalCellContentAlignment:VerticalAlignment"
    ),
    "TableRow": (
        "cells:[{TableCell}] style:ContainerStyle horizontalCellContentAlignment:HorizontalAlignment "
        "verticalCellContentAlignment:VerticalAlignment"
    ),
    "TextBlock": (
        "@element text!:text color:Colors fontType:FontType horizontalAlignment:HorizontalAlignment "
        "isSubtle:flag maxLines:number size:FontSize weight:FontWeight wrap:flag style:TextBlockStyle"
    ),
    "AuthCardButton": "type!:text title:text image:text value!:text",
    "Authentication": (
        "text:text connectionName:text tokenExchangeResource:{TokenExchangeResource} buttons:[{AuthCardButton}]"
    ),
    "BackgroundImage": (
        "url!:text fillMode:ImageFillMode horizontalAlignment:HorizontalAlignment verticalAlignment:VerticalAlignment"
    ),
    "CaptionSource": "label:text mimeType:text url:text",
    "Data.Query": "dataset!:text count:number skip:number",
    "Metadata": "webUrl:text",
    "Refresh": "action:{} userIds:[text] expires:text",
    "TokenExchangeResource": "id!:text uri!:text providerId:text",
}

CHOICES: Final[dict[str, str]] = {
    "ActionStyle": "default positive destructive",
    "ActionMode": "primary secondary",
    "AssociatedInputs": "Auto None",
    "VerticalContentAlignment": "top center bottom",
    "BlockElementHeight": "auto stretch",
    "Spacing": "default none small medium large extraLarge padding",
    "ContainerStyle": "default emphasis good attention warning accent",
    "HorizontalAlignment": "left center right",
    "ImageSize": "auto stretch small medium large",
    "ImageStyle": "default person",
    "ChoiceInputStyle": "compact expanded filtered",
    "InputLabelPosition": "inline above",
    "InputStyle": "revealOnHover default",
    "TextInputStyle": "text tel url email password",
    "VerticalAlignment": "top center bottom",
    "Colors": "default dark light accent good warning attention",
    "FontType": "default monospace",
    "FontSize": "default small medium large extraLarge",
    "FontWeight": "default lighter bolder",
    "TextBlockStyle": "default heading",
    "ImageFillMode": "cover repeatHorizontally repeatVertically repeat",
}

TEAMS_NAMES: Final = frozenset(
    (
        "$schema",
        "associatedInputs",
        "conditionallyEnabled",
        "firstRowAsHeaders",
        "grid.area",
        "lang",
        "layouts",
        "maxWidth",
        "menuActions",
        "msteams",
        "resources",
        "roundedCorners",
        "showBorder",
        "targetWidth",
        "valueChangedAction",
    )
)
"""What Teams adds to elements of every kind; not looked into."""

TEAMS_KINDS: Final = frozenset(
    (
        "Action.InsertImage",
        "Action.OpenUrlDialog",
        "Action.Popover",
        "Action.ResetInputs",
        "Badge",
        "Carousel",
        "CarouselPage",
        "Chart.Donut",
        "Chart.Gauge",
        "Chart.HorizontalBar",
        "Chart.HorizontalBar.Stacked",
        "Chart.Line",
        "Chart.Pie",
        "Chart.VerticalBar",
        "Chart.VerticalBar.Grouped",
        "CodeBlock",
        "Component",
        "CompoundButton",
        "Icon",
        "IconRun",
        "ImageRun",
        "Input.Rating",
        "ProgressBar",
        "ProgressRing",
        "Rating",
    )
)
"""Teams' own elements and actions. Known by name; what they hold is taken as it comes."""
