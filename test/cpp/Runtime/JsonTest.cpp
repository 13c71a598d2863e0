//===- JsonTest.cpp - The JSON reader is strict and complete --------------===//

#include "metabang/Runtime/Json.h"
#include "Check.h"

using namespace metabang::runtime;

int main() {
  Json json = Json::parse(R"( {"a": [1, -2.5e3, true, null, "x\n\u00e9\ud83d\ude00\"\/"], "b": {"c": -0}} )");
  CHECK_EQ(json.at("a").asArray()[0].asInt(), 1);
  CHECK_EQ(json.at("a").asArray()[0].asNumber(), 1.0);
  CHECK_EQ(json.at("a").asArray()[1].asNumber(), -2500.0);
  CHECK(json.at("a").asArray()[2].asBool());
  CHECK_EQ(json.at("a").asArray()[4].asString(), "x\n\xc3\xa9\xf0\x9f\x98\x80\"/");
  CHECK_EQ(json.at("b").at("c").asInt(), 0);
  CHECK_EQ(json.find("z"), static_cast<const Json *>(nullptr));
  CHECK_EQ(json.at("b").intOr("d", 5), 5);
  CHECK_EQ(Json::parse("9223372036854775807").asInt(), INT64_MAX);
  CHECK_EQ(Json::parse("1e300").asNumber(), 1e300);

  CHECK_THROWS(PlanError, "\"z\" is missing", json.at("z"));
  CHECK_THROWS(PlanError, "expected an integer", json.at("a").asArray()[1].asInt());
  CHECK_THROWS(PlanError, "line 2, column 3", Json::parse("[1,\n  x]"));
  CHECK_THROWS(PlanError, "twice", Json::parse(R"({"a":1,"a":2})"));
  CHECK_THROWS(PlanError, "nested too deep", Json::parse(std::string(100000, '[')));
  for (const char *bad :
       {"",        "[1,]",  "{\"a\":1,}", "01",      "1.",      "+1",          ".5",          "1e",
        "-",       "nul",   "\"a",        "\"\t\"",  "\"\\x\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u12g4\"",
        "\"\\u12", "[1 2]", "{1:2}",      "{\"a\"}", "1 1",     "NaN",         "\"\\"})
    CHECK_THROWS(PlanError, "JSON, line", Json::parse(bad));
  return check::failures != 0;
}
