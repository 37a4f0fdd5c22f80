/* Text about a model: its canonical layout, each stage, and what its words mean. */
#include "api/handle.h"
#include "base/limits.h"
#include "syntax/syntax.h"

#include <string.h>

typedef struct {
    GwModel *model;
    const char *name;
    const char **text;
} DescribeArguments;

static GwStatus refuse_faults(GwModel *model)
{
    return model_fail(model, GW_BAD_INPUT, "%.*s has faults",
                      TEXT_ARG(model->sources.files.items[0]->name));
}

/* Whether the model's own file can be read: faults in what it imports do not matter here. */
static bool is_own_file_sound(const GwModel *model)
{
    for (size_t i = 0; i < model->n_load_diags; i++) {
        const Diag *diag = model->diags.diags.items[i];
        if (diag->severity == DIAG_ERROR && diag->span.file == 0 &&
            diag->code != DIAG_IMPORT_MISSING && diag->code != DIAG_IMPORT_DEPTH)
            return false;
    }
    return true;
}

static GwStatus format_work(void *context)
{
    DescribeArguments *arguments = context;
    GwModel *model = arguments->model;

    if (!is_own_file_sound(model))
        return refuse_faults(model);
    *arguments->text = kept_string(
        model->keep, syntax_format(model->keep, &model->sources, model->trees.items[0]));
    return GW_OK;
}

static GwStatus describe(GwModel *model, Work *work, const char *name, const char **text)
{
    DescribeArguments arguments = {model, name, text};

    model->message = "";
    *text = "";
    if (!model->is_open)
        return model_fail(model, GW_BAD_USE, "no model was opened");
    return edge_guard(model->edge, work, &arguments);
}

GwStatus gw_model_format(GwModel *model, const char **text)
{
    return describe(model, format_work, NULL, text);
}

/* --- dump --- */

static GwStatus dump_compiled(GwModel *model, const char *stage, const char **text)
{
    GwStatus status = model_compile(model);
    Text dumped = {0};

    if (status == GW_OK && strcmp(stage, "ir") == 0)
        dumped = program_dump_ir(model->keep, model->built->program);
    else if (status == GW_OK && strcmp(stage, "bytecode") == 0)
        dumped = program_dump_bytecode(model->keep, model->built->program);
    else if (model->built != NULL && model->built->model != NULL)
        dumped = model_dump(model->keep, model->built->model);
    *text = kept_string(model->keep, dumped);
    return status;
}

static GwStatus dump_work(void *context)
{
    DescribeArguments *arguments = context;
    GwModel *model = arguments->model;
    const char *stage = arguments->name;
    DiagList repeated = {.arena = model->keep, .sources = &model->sources};

    if (strcmp(stage, "model") == 0 || strcmp(stage, "ir") == 0 || strcmp(stage, "bytecode") == 0)
        return dump_compiled(model, stage, arguments->text);
    if (strcmp(stage, "tokens") == 0)
        *arguments->text = kept_string(model->keep, syntax_dump_tokens(model->keep, &repeated, 0));
    else if (strcmp(stage, "tree") == 0)
        *arguments->text = kept_string(
            model->keep, syntax_dump_tree(model->keep, &model->sources, model->trees.items[0]));
    else
        return model_fail(model, GW_BAD_USE,
                          "no stage is called %s; there are tokens, tree, model, ir, bytecode",
                          stage);
    return is_own_file_sound(model) ? GW_OK : refuse_faults(model);
}

GwStatus gw_model_dump(GwModel *model, const char *stage, const char **text)
{
    return describe(model, dump_work, stage, text);
}

/* --- doc: what the language and the library know of a name --- */

static Text one_line(Arena *arena, const SourceSet *sources, Span span)
{
    Text written = span_text(sources, span);
    Buffer out = {.arena = arena};

    for (size_t i = 0; i < written.length; i++) {
        bool is_space = strchr(" \t\r\n", written.bytes[i]) != NULL;
        if (!is_space)
            buffer_char(&out, written.bytes[i]);
        else if (out.length > 0 && out.bytes[out.length - 1] != ' ')
            buffer_char(&out, ' ');
    }
    return buffer_view(&out);
}

static void add_attribution(Buffer *out, const Attribution *attribution)
{
    if (attribution->kind == ATTRIBUTION_CITE)
        buffer_format(out, "  cite %.*s", TEXT_ARG(attribution->source));
    if (attribution->kind == ATTRIBUTION_ASSUME)
        buffer_string(out, "  assume");
    if (attribution->words.length > 0)
        buffer_format(out, " \"%.*s\"", TEXT_ARG(attribution->words));
}

/* name : unit   meaning; on a second line default, range and source. */
static void describe_value(GwModel *model, Buffer *out, const Decl *value, int indent)
{
    Buffer line = {.arena = model->keep};

    buffer_format(&line, "%*s%.*s", indent, "", TEXT_ARG(value->name));
    if (value->type.is_present) {
        Text type = one_line(model->keep, &model->sources, value->type.span);
        buffer_format(&line, " : %.*s", TEXT_ARG(type));
    }
    if (value->expr == NULL && value->dist == NULL)
        buffer_string(&line, "  must be given");
    if (value->expr != NULL) {
        Text printed = syntax_print_expression(model->keep, value->expr);
        buffer_format(&line, " = %.*s", TEXT_ARG(printed));
    }
    if (value->dist != NULL) {
        Text printed = one_line(model->keep, &model->sources, value->dist->span);
        buffer_format(&line, " ~ %.*s", TEXT_ARG(printed));
    }
    buffer_text(out, buffer_view(&line));
    buffer_char(out, '\n');
    if (value->doc.length > 0)
        buffer_format(out, "%*s%.*s\n", indent + 4, "", TEXT_ARG(value->doc));
    if (value->range_low != NULL) {
        Text low = syntax_print_expression(model->keep, value->range_low);
        Text high = syntax_print_expression(model->keep, value->range_high);
        buffer_format(out, "%*srange %.*s to %.*s\n", indent + 4, "", TEXT_ARG(low),
                      TEXT_ARG(high));
    }
    if (value->attribution.kind != ATTRIBUTION_NONE) {
        Buffer source = {.arena = model->keep};
        add_attribution(&source, &value->attribution);
        buffer_format(out, "%*s%s\n", indent + 2, "", source.bytes);
    }
}

/* A statement as it is written, with the lines of its block, moved to `indent`. */
static void describe_written(GwModel *model, Buffer *out, Span span, int indent)
{
    Text written = span_text(&model->sources, span);
    Text file = model->sources.files.items[span.file]->bytes;
    size_t column = 0;
    size_t at = 0;

    while (span.start > column && file.bytes[span.start - column - 1] != '\n')
        column++;
    while (at < written.length) {
        size_t end = at;
        while (end < written.length && written.bytes[end] != '\n')
            end++;
        buffer_format(out, "%*s%.*s\n", indent, "", (int)(end - at), written.bytes + at);
        at = end + 1;
        for (size_t i = 0; i < column && at < written.length && written.bytes[at] == ' '; i++)
            at++;
    }
}

static void describe_members(GwModel *model, Buffer *out, const Decl *owner, int indent)
{
    for (size_t i = 0; i < owner->members.count; i++) {
        const Decl *member = owner->members.items[i];
        if (member->kind == DECL_VALUE) {
            describe_value(model, out, member, indent);
        } else if (member->kind == DECL_PART_KIND) {
            buffer_format(out, "%*spart %.*s  %.*s\n", indent, "", TEXT_ARG(member->name),
                          TEXT_ARG(member->title));
            describe_members(model, out, member, indent + 2);
        } else {
            describe_written(model, out, member->span, indent);
        }
    }
}

static void add_place(GwModel *model, Buffer *out, const Decl *decl)
{
    buffer_format(out, "  declared in %.*s\n",
                  TEXT_ARG(model->sources.files.items[decl->span.file]->name));
}

static void describe_kind(GwModel *model, Buffer *out, const Decl *kind)
{
    buffer_format(out, "kind %.*s", TEXT_ARG(kind->name));
    if (kind->name2.length > 0)
        buffer_format(out, " like %.*s", TEXT_ARG(kind->name2));
    if (kind->names.count == 2)
        buffer_format(out, " between %.*s and %.*s", TEXT_ARG(kind->names.items[0]),
                      TEXT_ARG(kind->names.items[1]));
    buffer_string(out, "\n");
    if (kind->title.length > 0)
        buffer_format(out, "  %.*s\n", TEXT_ARG(kind->title));
    add_place(model, out, kind);
    buffer_char(out, '\n');
    describe_members(model, out, kind, 2);
}

/* A part or a field of a kind: `site.phase`, `site.phase.lead`. */
static void describe_member(GwModel *model, Buffer *out, const Decl *member, Text path)
{
    if (member->kind != DECL_PART_KIND) {
        buffer_format(out, "of %.*s\n", TEXT_ARG(path));
        if (member->kind == DECL_VALUE)
            describe_value(model, out, member, 2);
        else
            describe_written(model, out, member->span, 2);
        add_place(model, out, member);
        return;
    }
    buffer_format(out, "part %.*s of %.*s\n", TEXT_ARG(member->name), TEXT_ARG(path));
    if (member->title.length > 0)
        buffer_format(out, "  %.*s\n", TEXT_ARG(member->title));
    add_place(model, out, member);
    buffer_char(out, '\n');
    describe_members(model, out, member, 2);
}

/* What goes by a name of its own and is described as it is written. */
static bool is_described_as_written(const Decl *decl)
{
    return decl->kind == DECL_PARTY || decl->kind == DECL_INSTANCE || decl->kind == DECL_VALUE ||
           decl->kind == DECL_STOCK || decl->kind == DECL_BELT || decl->kind == DECL_TABLE ||
           decl->kind == DECL_SCENARIO || decl->kind == DECL_SOURCE;
}

static bool is_documented(const Decl *decl)
{
    return decl->kind == DECL_KIND || decl->kind == DECL_CATEGORY || decl->kind == DECL_ACCOUNT ||
           decl->kind == DECL_UNIT || decl->kind == DECL_RANKS || is_described_as_written(decl);
}

static const Decl *decl_at(const GwModel *model, size_t tree, size_t index)
{
    return index < model->trees.items[tree]->decls.count
               ? model->trees.items[tree]->decls.items[index]
               : NULL;
}

static void list_group(GwModel *model, Buffer *out, DeclKind kind, const char *heading)
{
    bool is_first = true;

    for (size_t t = 0; t < model->trees.count; t++)
        for (size_t i = 0; decl_at(model, t, i) != NULL; i++) {
            const Decl *decl = decl_at(model, t, i);
            if (decl->kind != kind)
                continue;
            if (is_first)
                buffer_format(out, "%s%s\n", out->length > 0 ? "\n" : "", heading);
            is_first = false;
            if (decl->title.length > 0)
                buffer_format(out, "  %-22.*s %.*s\n", TEXT_ARG(decl->name), TEXT_ARG(decl->title));
            else
                buffer_format(out, "  %.*s\n", TEXT_ARG(decl->name));
        }
}

static void list_ranks(GwModel *model, Buffer *out)
{
    for (size_t t = 0; t < model->trees.count; t++)
        for (size_t i = 0; decl_at(model, t, i) != NULL; i++) {
            const Decl *decl = decl_at(model, t, i);
            if (decl->kind != DECL_RANKS)
                continue;
            buffer_string(out, "\nranks, first paid first\n  ");
            for (size_t n = 0; n < decl->names.count; n++)
                buffer_format(out, "%s%.*s", n == 0 ? "" : ", ", TEXT_ARG(decl->names.items[n]));
            buffer_char(out, '\n');
        }
}

/* Of what a `like` chain passes on, only the names are repeated. */
static void describe_named(GwModel *model, Buffer *out, const Decl *decl)
{
    if (decl->kind == DECL_KIND) {
        describe_kind(model, out, decl);
        return;
    }
    if (is_described_as_written(decl))
        describe_written(model, out, decl->span, 0);
    else
        buffer_format(out, "%.*s\n", TEXT_ARG(one_line(model->keep, &model->sources, decl->span)));
    add_place(model, out, decl);
}

static void describe_rank(GwModel *model, Buffer *out, const Decl *ranks, size_t rank)
{
    buffer_format(
        out, "rank %.*s\n  of the ranks, first paid first: ", TEXT_ARG(ranks->names.items[rank]));
    for (size_t i = 0; i < ranks->names.count; i++)
        buffer_format(out, i == rank ? "%s[%.*s]" : "%s%.*s", i == 0 ? "" : ", ",
                      TEXT_ARG(ranks->names.items[i]));
    buffer_char(out, '\n');
    if (ranks->name2.length > 0)
        buffer_format(out, "  what names no rank is %.*s\n", TEXT_ARG(ranks->name2));
    add_place(model, out, ranks);
}

typedef struct {
    GwModel *model;
    Text wanted;
    Table *names; /* all that were looked at, for what is nearest */
    Buffer out;
} Lookup;

static bool is_wanted(Lookup *lookup, Text name)
{
    if (name.length == 0)
        return false;
    table_set(lookup->names, name, lookup);
    if (!text_equal(name, lookup->wanted))
        return false;
    if (lookup->out.length > 0)
        buffer_char(&lookup->out, '\n');
    return true;
}

static void look_at_members(Lookup *lookup, const Decl *owner, Text path)
{
    for (size_t i = 0; i < owner->members.count; i++) {
        const Decl *member = owner->members.items[i];
        Text own =
            text_format(lookup->model->keep, "%.*s.%.*s", TEXT_ARG(path), TEXT_ARG(member->name));
        if (member->name.length > 0 && is_wanted(lookup, own))
            describe_member(lookup->model, &lookup->out, member, path);
        if (member->kind == DECL_PART_KIND || member->kind == DECL_INSTANCE)
            look_at_members(lookup, member, own);
    }
}

static void look_at(Lookup *lookup, const Decl *decl)
{
    if (is_documented(decl) && is_wanted(lookup, decl->name))
        describe_named(lookup->model, &lookup->out, decl);
    for (size_t i = 0; decl->kind == DECL_RANKS && i < decl->names.count; i++)
        if (is_wanted(lookup, decl->names.items[i]))
            describe_rank(lookup->model, &lookup->out, decl, i);
    if (decl->kind == DECL_KIND || decl->kind == DECL_PARTY || decl->kind == DECL_INSTANCE)
        look_at_members(lookup, decl, decl->name);
}

static const Decl *decl_named(const GwModel *model, DeclKind kind, Text name)
{
    for (size_t t = 0; t < model->trees.count; t++)
        for (size_t i = 0; decl_at(model, t, i) != NULL; i++)
            if (decl_at(model, t, i)->kind == kind && text_equal(decl_at(model, t, i)->name, name))
                return decl_at(model, t, i);
    return NULL;
}

/* What a thing does not say itself its kind does, or one that this is like: `chatgpt.users` is an
 * `audience.users`. */
static void look_at_kinds(Lookup *lookup)
{
    const Text wanted = lookup->wanted;
    const char *dot = memchr(wanted.bytes, '.', wanted.length);
    const Decl *thing = NULL;

    if (dot == NULL)
        return;
    const Text head = {wanted.bytes, (size_t)(dot - wanted.bytes)};
    thing = decl_named(lookup->model, DECL_INSTANCE, head);
    for (int depth = 0; thing != NULL && depth < LIMIT_KIND_DEPTH; depth++) {
        const Decl *kind = decl_named(lookup->model, DECL_KIND, thing->name2);
        if (kind == NULL || lookup->out.length > 0)
            return;
        lookup->wanted = text_format(lookup->model->keep, "%.*s%.*s", TEXT_ARG(kind->name),
                                     (int)(wanted.length - head.length), dot);
        look_at(lookup, kind);
        thing = kind;
    }
}

static void list_all(GwModel *model, Buffer *out)
{
    list_group(model, out, DECL_KIND, "kinds");
    list_group(model, out, DECL_CATEGORY, "categories of payments");
    list_group(model, out, DECL_ACCOUNT, "accounts");
    list_ranks(model, out);
    list_group(model, out, DECL_UNIT, "units");
    list_group(model, out, DECL_PARTY, "parties");
    list_group(model, out, DECL_INSTANCE, "things and contracts");
}

static GwStatus doc_work(void *context)
{
    DescribeArguments *arguments = context;
    GwModel *model = arguments->model;
    Lookup lookup = {.model = model,
                     .wanted = text_from(arguments->name),
                     .names = table_new(model->keep),
                     .out = {.arena = model->keep}};
    Text nearest = {0};

    if (lookup.wanted.length == 0) {
        list_all(model, &lookup.out);
        *arguments->text = lookup.out.length == 0 ? "nothing is declared\n" : lookup.out.bytes;
        return GW_OK;
    }
    for (size_t t = 0; t < model->trees.count; t++)
        for (size_t i = 0; decl_at(model, t, i) != NULL; i++)
            look_at(&lookup, decl_at(model, t, i));
    if (lookup.out.length == 0)
        look_at_kinds(&lookup);
    *arguments->text = lookup.out.length == 0 ? "" : lookup.out.bytes;
    if (lookup.out.length > 0)
        return GW_OK;
    lookup.wanted = text_from(arguments->name);
    nearest = table_nearest(lookup.names, lookup.wanted);
    return nearest.length > 0
               ? model_fail(model, GW_BAD_USE, "nothing is called %s; did you mean %.*s?",
                            arguments->name, TEXT_ARG(nearest))
               : model_fail(
                     model, GW_BAD_USE,
                     "nothing that is declared is called %s; the language's own words are in "
                     "docs/language.md",
                     arguments->name);
}

GwStatus gw_model_doc(GwModel *model, const char *name, const char **text)
{
    return describe(model, doc_work, name, text);
}
